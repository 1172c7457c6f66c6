import { OperationError } from '../model/failures.js';
import { runPipeline, type PipelineProgram } from '../programs/run-pipeline.js';
import { locateProgram } from '../programs/locate-program.js';
import type { ProgramContext } from '../programs/run-program.js';
import { damagedArtifact } from './damaged.js';
import type { DecryptOptions } from './decrypt.js';
import { withPrivateKeyring, type PrivateKeyring } from './private-keys.js';
import { compressorCommand } from './tar.js';

/** A stored file that was fetched: its key in the store, whose suffixes say what was applied to it, and where it lies. */
export interface FetchedFile {
  key: string;
  file: string;
}

/** Decrypts and decompresses one file into another. */
export type OpenFile = (fetched: FetchedFile, target: string) => Promise<void>;

const CODECS = { '.zst': 'zstd', '.gz': 'gzip' } as const;

/**
 * Lends `use` a function that opens files, any number of them and several at once: the private keys are unlocked once for
 * all, which takes longer than to open a small file.
 *
 * @throws OperationError `KeyUnusable` when none of the keys opens a file; `ArtifactDamaged` when it is not what was made
 */
export async function withFileOpener<T>(
  { privateKeys, workDirectory, programDirectories }: DecryptOptions,
  context: ProgramContext,
  use: (open: OpenFile) => Promise<T>,
): Promise<T> {
  const openWith =
    (keyring?: PrivateKeyring): OpenFile =>
    async ({ key, file }, target) => {
      const [, codec, encrypted] = /(\.zst|\.gz)(\.gpg)?$/.exec(key) ?? [];
      if (codec === undefined) throw damagedArtifact({ key }, 'is neither compressed nor encrypted as ours');
      const [decompressor] = await compressorCommand(
        { method: CODECS[codec as keyof typeof CODECS], level: 1 },
        programDirectories,
      );
      const decompress: PipelineProgram = {
        file: decompressor!,
        args: ['--decompress', '--stdout'],
        findFault: (said, hasFailed) =>
          hasFailed && said !== '' ? damagedArtifact({ key }, 'cannot be decompressed', said) : undefined,
      };
      const programs = encrypted
        ? [decryptor(key, file, keyring), decompress]
        : [{ ...decompress, args: [...decompress.args, '--', file] }];
      await runPipeline(programs, target, context);
    };
  if (privateKeys === undefined) return use(openWith());
  await locateProgram('gpg', programDirectories);
  return withPrivateKeyring(privateKeys, workDirectory, programDirectories, context, (keyring) =>
    use(openWith(keyring)),
  );
}

function decryptor(key: string, file: string, keyring: PrivateKeyring | undefined): PipelineProgram {
  if (!keyring)
    throw new OperationError(
      'KeyUnusable',
      `${key} is encrypted and there are no private keys here; set restore.privateKeysFile in backups.yaml, or name them with --private-keys.`,
    );
  return {
    ...keyring.gpg('--status-fd', '2', '--decrypt', '--', file),
    // Its exit code is 0 for a file that is cut short at its very beginning.
    findFault: (said) => (said.includes('[GNUPG:] DECRYPTION_OKAY') ? undefined : faultOf(key, said)),
  };
}

/** @see https://github.com/gpg/gnupg/blob/master/doc/DETAILS (Format of the --status-fd output) */
function faultOf(key: string, said: string): OperationError {
  if (/No secret key|(Bad|No) passphrase|\[GNUPG:\] (BAD|MISSING)_PASSPHRASE/.test(said))
    return new OperationError(
      'KeyUnusable',
      `No private key here opens ${key}; add the exported private key that it is encrypted to, with its passphrase.`,
    );
  return damagedArtifact({ key }, 'was changed after it was encrypted, or is cut short', said);
}
