import { OperationError } from '../model/failures.js';
import type { Artifact } from '../model/manifest.js';
import type { PipelineProgram } from '../programs/run-pipeline.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { damagedArtifact } from './damaged.js';
import {
  requirePassphrase,
  withPrivateKeyring,
  type PrivateKeyring,
  type PrivateKeys,
} from './private-keys.js';

/** What decrypting needs of the worker. */
export interface DecryptOptions {
  /** Left out on a worker that has none: then nothing encrypted can be opened. */
  privateKeys?: PrivateKeys;
  /** Where a GnuPG home is made meanwhile: the directory of the step's attempt. */
  workDirectory: string;
  programDirectories: readonly string[];
}

/**
 * Lends `use` the program that decrypts an artifact to its standard output, once it is sure that a private key opens it:
 * whatever fails then is the artifact's fault.
 *
 * @throws OperationError `KeyUnusable` when none of the keys opens it, or the passphrase is wrong or missing;
 * `ArtifactDamaged` when it is not an encrypted file at all
 */
export async function withDecryption(
  artifact: Artifact,
  file: string,
  { privateKeys, workDirectory, programDirectories }: DecryptOptions,
  context: ProgramContext,
  use: (decrypt: PipelineProgram) => Promise<void>,
): Promise<void> {
  if (privateKeys === undefined) throw noPrivateKey(artifact, [], 'restore.privateKeysFile is not set');
  await withPrivateKeyring(privateKeys, workDirectory, programDirectories, context, async (keyring) => {
    const keyIds = await readRecipients(artifact, file, keyring, context);
    // The id of a key is the end of its fingerprint (RFC 4880, 12.2).
    const subkey = keyring.subkeys.find(({ fingerprint }) => keyIds.includes(fingerprint.slice(-16)));
    if (subkey === undefined)
      throw noPrivateKey(artifact, keyIds, `${privateKeys.privateKeysFile} has no private key of these`);
    await requirePassphrase(subkey.primary, privateKeys, keyring, context);
    await use({
      ...keyring.gpg('--status-fd', '2', '--decrypt', '--', file),
      // Its exit code is 0 for a file that is cut short at its very beginning.
      findFault: (said) =>
        said.includes('[GNUPG:] DECRYPTION_OKAY')
          ? undefined
          : damagedArtifact(artifact, faultOf(said), said),
    });
  });
}

/** The ids of the keys that a file is encrypted to, 16 hex digits each. */
async function readRecipients(
  artifact: Artifact,
  file: string,
  { gpg }: PrivateKeyring,
  { signal }: ProgramContext,
): Promise<string[]> {
  const list = gpg('--status-fd', '1', '--list-only', '--decrypt', '--', file);
  const status = await runProgram(list, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw damagedArtifact(artifact, 'is not what gpg encrypts', String(error));
  });
  const keyIds = [...status.matchAll(/^\[GNUPG:\] ENC_TO ([0-9A-F]{16}) /gm)].map(([, id]) => id!);
  if (keyIds.length === 0) throw damagedArtifact(artifact, 'is not what gpg encrypts', status);
  return keyIds;
}

/** @see https://github.com/gpg/gnupg/blob/master/doc/DETAILS (Format of the --status-fd output) */
function faultOf(said: string): string {
  return said.includes('[GNUPG:] BADMDC')
    ? 'was changed after it was encrypted, or is cut short'
    : 'cannot be decrypted';
}

function noPrivateKey(
  { key, encryption }: Artifact,
  keyIds: readonly string[],
  fault: string,
): OperationError {
  const fingerprints = encryption.method === 'gpg' ? encryption.keyFingerprints : [];
  const wanted = [...fingerprints, ...keyIds.map((id) => `key id ${id}`)].join(', ');
  return new OperationError(
    'KeyUnusable',
    `${key} is encrypted to ${wanted}, and ${fault}; put the exported private key of one of them there.`,
  );
}
