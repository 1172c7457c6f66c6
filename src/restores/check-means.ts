import type { DecryptOptions } from '../archive/decrypt.js';
import { checkPrivateKeys } from '../archive/private-keys.js';
import { OperationError } from '../model/failures.js';
import type { Manifest } from '../model/manifest.js';
import { locateClient } from '../postgres/locate-client.js';
import { locateProgram } from '../programs/locate-program.js';
import type { ProgramContext } from '../programs/run-program.js';

/**
 * Programs and keys that a restore of this backup needs: what is missing is said now and not after the download.
 *
 * @param major - of the target
 * @param remedy - what to do where there are no private keys at all, as the end of a sentence
 * @throws OperationError `ProgramMissing` or `KeyUnusable`
 */
export async function checkMeans(
  { artifact }: Pick<Manifest, 'artifact'>,
  major: number,
  { privateKeys, workDirectory, programDirectories }: DecryptOptions,
  remedy: string,
  { signal }: ProgramContext,
): Promise<void> {
  for (const client of ['pg_restore', 'pg_dump'])
    await locateClient(client, major, programDirectories, signal);
  for (const program of ['tar', artifact.codec]) await locateProgram(program, programDirectories);
  if (artifact.encryption.method === 'none') return;
  const { keyFingerprints } = artifact.encryption;
  if (!privateKeys)
    throw new OperationError(
      'KeyUnusable',
      `The backup is encrypted to ${keyFingerprints.join(', ')} and there are no private keys here; ${remedy}.`,
    );
  await checkPrivateKeys(keyFingerprints, privateKeys, workDirectory, programDirectories, { signal });
}
