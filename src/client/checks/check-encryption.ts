import { checkRecipients } from '../../archive/gpg.js';
import type { Configuration } from '../../config/schema.js';
import { ok, warning, type Check } from './check.js';

/** A key that expires sooner is worth a word while there is time to renew it. */
const WARN_DAYS = 30;
const MILLISECONDS_PER_DAY = 86_400_000;

/** The keys that backups are encrypted to. */
export function checkEncryption(
  encryption: Configuration['encryption'],
  directories: readonly string[],
): Check {
  return {
    name: 'encryption',
    run: async (signal) => {
      if (encryption.method === 'none')
        return warning(
          'Backups are stored unencrypted (encryption: none); configure gpg unless the store is yours alone.',
        );
      const keys = await checkRecipients(encryption, directories, { signal });
      const soon = Date.now() + WARN_DAYS * MILLISECONDS_PER_DAY;
      const expiring = keys.filter(({ expiresAt }) => expiresAt && expiresAt.getTime() < soon);
      const describe = ({ fingerprint, expiresAt }: (typeof keys)[number]) =>
        `${fingerprint}${expiresAt ? ` until ${expiresAt.toISOString().slice(0, 10)}` : ''}`;
      return expiring.length > 0
        ? warning(`Expires within ${WARN_DAYS} days, renew it now: ${expiring.map(describe).join(', ')}`)
        : ok(`gpg to ${keys.map(describe).join(', ')}`);
    },
  };
}
