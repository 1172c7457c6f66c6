import { hostname, userInfo } from 'node:os';
import { delimiter } from 'node:path';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { readLibpqVariables, type LibpqVariables } from './libpq-variables.js';

/** Everything that is read from the environment; no other module reads it. */
export interface Environment {
  /** Where `backups.yaml` lies: `TEMPONEST_BACKUPS_CONFIG`. */
  configurationFile: string;
  /** The directories of `PATH`. */
  path: string[];
  /** `PGPASSFILE`: where libpq finds the passwords of servers with no `passwordFile`. */
  passFile?: string;
  /** `PGHOST`, `PGPORT`…: the server that a rescue restores into, where neither an option nor `backups.yaml` says. */
  libpq: LibpqVariables;
  /** How to reach Temporal: the SDK's own variables, with TempoNest's `TEMPORAL_HOST` as fallback. */
  temporal: {
    connectionOptions: ClientConnectConfig['connectionOptions'] & { address: string };
    namespace: string;
  };
  /** Who this process is to Temporal: `<pid>@<user>@<host>`. */
  identity: string;
}

// The AWS SDK warns on every start that a later version of it will need Node 22. The lockfile decides its version.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** Reads the environment. */
export function readEnvironment(): Environment {
  const { TEMPONEST_BACKUPS_CONFIG, PATH = '', PGPASSFILE, TEMPORAL_ADDRESS, TEMPORAL_HOST } = process.env;
  const variables = Object.entries({ ...process.env, TEMPORAL_ADDRESS: TEMPORAL_ADDRESS ?? TEMPORAL_HOST });
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(
      variables.filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  });
  const identity = `${process.pid}@${userInfo().username}@${hostname()}`;
  return {
    configurationFile: TEMPONEST_BACKUPS_CONFIG ?? '/etc/temponest-backups/backups.yaml',
    path: PATH.split(delimiter).filter((directory) => directory !== ''),
    ...(PGPASSFILE === undefined ? {} : { passFile: PGPASSFILE }),
    libpq: readLibpqVariables(process.env),
    temporal: {
      connectionOptions: { ...connectionOptions, address: connectionOptions.address ?? 'localhost:7233' },
      namespace,
    },
    identity,
  };
}
