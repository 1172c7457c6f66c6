import { checkRecipients } from '../../archive/gpg.js';
import type { Configuration } from '../../config/schema.js';
import { EXPIRY_WARNING_DAYS, expiresSoon } from '../../model/key-expiry.js';
import { ok, warning, type Check } from './check.js';

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
      const expiring = keys.filter((key) => expiresSoon(key, new Date()));
      const describe = ({ fingerprint, expiresAt }: (typeof keys)[number]) =>
        `${fingerprint}${expiresAt ? ` until ${expiresAt.toISOString().slice(0, 10)}` : ''}`;
      return expiring.length > 0
        ? warning(
            `Expires within ${EXPIRY_WARNING_DAYS} days, renew it now: ${expiring.map(describe).join(', ')}`,
          )
        : ok(`gpg to ${keys.map(describe).join(', ')}`);
    },
  };
}
