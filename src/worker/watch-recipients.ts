import { programDirectories, type Dependencies } from '../activities/dependencies.js';
import { checkRecipients } from '../archive/gpg.js';
import { watchKeys, type KeyWatch } from '../metrics/key-watch.js';

/** Watches the keys that backups are encrypted to; undefined where nothing is encrypted. */
export function watchRecipients(dependencies: Dependencies): KeyWatch | undefined {
  const { encryption } = dependencies.configuration;
  if (encryption.method === 'none') return undefined;
  const directories = programDirectories(dependencies);
  return watchKeys(encryption.publicKeysFile, (signal) =>
    checkRecipients(encryption, directories, { signal }),
  );
}
