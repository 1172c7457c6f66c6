import { resolveConnection } from '../../config/connections.js';
import { resolvePrivateKeys } from '../../config/private-keys.js';
import { resolveServer } from '../../config/resolve.js';
import type { Configuration } from '../../config/schema.js';
import type { AdministeredServer } from '../../postgres/administer.js';
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

/** A server to restore into, and whether it is the one of the configuration. */
export interface ResolvedTarget extends AdministeredServer {
  isConfigured: boolean;
}

/** The PostgreSQL server that the options name, over what the configuration says of the server. */
export async function resolveTarget(
  { environment }: Context,
  { configuration, server: name }: Pick<Source, 'configuration' | 'server'>,
  { host, port, user, passwordFile }: RestoreOptions,
): Promise<ResolvedTarget> {
  const configured: Configuration['servers'][number] | undefined =
    configuration && resolveServer(configuration, name);
  const isConfigured = configured !== undefined && host === undefined && port === undefined;
  const given = {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
  };
  const defaults = { name, host: 'localhost', port: 5432, user: 'postgres', sslmode: 'disable' } as const;
  const server = { ...defaults, ...configured, ...given };
  const connection = await resolveConnection(
    { ...server, name: isConfigured ? name : `${server.host}:${server.port}` },
    environment.passFile,
  );
  return {
    server: connection,
    maintenanceDatabase: configured?.maintenanceDatabase ?? 'postgres',
    isConfigured,
  };
}
