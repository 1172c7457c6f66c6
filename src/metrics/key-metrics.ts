import { Registry } from 'prom-client';
import type { KeyWatch } from './key-watch.js';
import { addGauge, toTimestamp, type MetricsPart } from './part.js';

/** Whether backups can be encrypted, and until when. */
export function keyMetrics(watch: KeyWatch): MetricsPart {
  const registry = new Registry();
  const usable = addGauge(
    registry,
    'backup_encryption_usable',
    'Whether backups can be encrypted to every configured recipient now: 1 or 0',
    ['method'],
  );
  const expiry = addGauge(
    registry,
    'backup_key_expiry_timestamp',
    'When the key expires, in seconds since 1970; absent for a key that never does',
    ['fingerprint'],
  );
  return {
    name: 'keys',
    registry,
    async refresh(signal) {
      const found = await watch.look(signal);
      usable.replace([[{ method: 'gpg' }, Number('keys' in found)]]);
      // Of keys that have become unusable, the dates stay: of one that expired it is why.
      if ('keys' in found)
        expiry.replace(
          found.keys.flatMap(({ fingerprint, expiresAt }) =>
            expiresAt ? [[{ fingerprint }, toTimestamp(expiresAt)] as const] : [],
          ),
        );
    },
  };
}
