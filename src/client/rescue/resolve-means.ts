import { resolvePrivateKeys } from '../../config/private-keys.js';
import type { RestoreMeans } from '../../restores/restore-backup.js';
import type { Context } from '../context.js';
import type { RestoreOptions } from './options.js';
import type { Source } from './open-source.js';

/** Debian's place for programs that are on no PATH is known to whoever looks for PostgreSQL's. */
const NO_DIRECTORIES: readonly string[] = [];
const JOBS = 2;

/** The keys and programs that the options and the configuration name. */
export async function resolveMeans(
  { environment }: Context,
  { configuration }: Pick<Source, 'configuration'>,
  { privateKeys: privateKeysFile, passphraseFile }: RestoreOptions,
): Promise<RestoreMeans> {
  const { restore } = configuration ?? { restore: { jobs: JOBS } };
  const privateKeys = await resolvePrivateKeys({
    restore: {
      ...restore,
      // A passphrase in the configuration is that of the keys in it.
      ...(privateKeysFile === undefined ? {} : { privateKeysFile, passphraseFile: undefined }),
      ...(passphraseFile === undefined ? {} : { passphraseFile }),
    },
  });
  return {
    ...(privateKeys ? { privateKeys } : {}),
    programDirectories: [...(configuration?.programDirectories ?? NO_DIRECTORIES), ...environment.path],
    jobs: restore.jobs,
  };
}
