import type { Configuration } from './schema.js';
import { readSecret } from './secrets.js';

/**
 * The private keys of a restore worker, undefined where none are configured. The passphrase is read at every use.
 *
 * @throws OperationError `InvalidConfiguration` when the passphrase cannot be read
 */
export async function resolvePrivateKeys({
  restore,
}: {
  restore: Pick<Configuration['restore'], 'privateKeysFile' | 'passphraseFile'>;
}): Promise<{ privateKeysFile: string; passphrase?: string } | undefined> {
  const { privateKeysFile, passphraseFile } = restore;
  if (privateKeysFile === undefined) return undefined;
  if (passphraseFile === undefined) return { privateKeysFile };
  return { privateKeysFile, passphrase: await readSecret(passphraseFile, 'passphrase of the private keys') };
}
