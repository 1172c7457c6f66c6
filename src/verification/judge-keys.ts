import { checkRecipients, type RecipientKey } from '../archive/gpg.js';
import type { Configuration } from '../config/schema.js';
import { OperationError } from '../model/failures.js';
import type { Finding } from '../model/findings.js';
import { expiresSoon } from '../model/key-expiry.js';
import { encodeName } from '../model/names.js';
import { withoutRemedy } from '../model/without-remedy.js';

/** A recipient of the backups: its key, or why nothing can be encrypted to it. */
export type RecipientStatus = { recipient: string } & ({ key: RecipientKey } | { fault: string });

/** Looks at the keys of the configured recipients, each by itself. */
export async function readRecipients(
  encryption: Configuration['encryption'],
  programDirectories: readonly string[],
  signal: AbortSignal,
): Promise<RecipientStatus[]> {
  if (encryption.method === 'none') return [];
  const found: RecipientStatus[] = [];
  for (const recipient of encryption.recipients)
    try {
      const [key] = await checkRecipients({ ...encryption, recipients: [recipient] }, programDirectories, {
        signal,
      });
      found.push({ recipient, key: key! });
    } catch (error) {
      if (!(error instanceof OperationError) || error.type !== 'KeyUnusable') throw error;
      found.push({ recipient, fault: error.message });
    }
  return found;
}

/** Judges whether backups can be encrypted, and for how long. */
export function judgeKeys(recipients: readonly RecipientStatus[], now: Date): Finding[] {
  return recipients.flatMap((status): Finding[] => {
    const { recipient } = status;
    const common = {
      id: `key/${encodeName(recipient)}`,
      where: `key of ${recipient}`,
      remedy:
        'renew the key, put its public key into encryption.publicKeysFile, and run "temponest-backups config check"',
    };
    if ('fault' in status)
      return [{ ...common, severity: 'critical', what: `${withoutRemedy(status.fault)}.` }];
    const { expiresAt } = status.key;
    if (!expiresAt || !expiresSoon(status.key, now)) return [];
    return [
      {
        ...common,
        severity: 'warning',
        what: `The key of ${recipient} expires on ${expiresAt.toISOString().slice(0, 10)}; from then on no backup can be made.`,
      },
    ];
  });
}
