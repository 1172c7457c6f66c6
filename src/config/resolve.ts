import { OperationError } from '../model/failures.js';
import type { BackupPlan, Compression } from '../model/plan.js';
import type { Configuration, DatabaseConfiguration, ServerConfiguration } from './schema.js';

/** On JSON traces zstd 3 took a third longer than 1 for archives 5 % smaller, zstd 6 four times as long; see bench/RESULTS.md. */
const DEFAULT_LEVEL = { zstd: 1, gzip: 6 } as const;

/**
 * The server that an argument names, or the only one.
 *
 * @throws OperationError `InvalidArgument` naming those that are configured
 */
export function resolveServer({ servers }: Configuration, name: string | undefined): ServerConfiguration {
  const server =
    name === undefined && servers.length === 1 ? servers[0] : servers.find((s) => s.name === name);
  if (server) return server;
  const known = servers.map((candidate) => candidate.name).join(', ');
  throw new OperationError(
    'InvalidArgument',
    name === undefined
      ? `Several servers are configured; name one in "server": ${known}.`
      : `Server "${name}" is not configured; use one of: ${known}.`,
  );
}

/**
 * The configuration of one database of a server.
 *
 * @throws OperationError `InvalidArgument` when the server's list leaves it out
 */
export function resolveDatabase(server: ServerConfiguration, name: string): DatabaseConfiguration {
  if (!server.databases) return { name };
  const database = server.databases.find((candidate) => candidate.name === name);
  if (database) return database;
  throw new OperationError(
    'InvalidArgument',
    `Database "${name}" is not configured for server ${server.name}; use one of: ${server.databases.map((d) => d.name).join(', ')}, or add it to backups.yaml.`,
  );
}

/** How a database is dumped: its own options, else the server's, else the defaults. */
export function resolveDumpOptions(
  server: ServerConfiguration,
  database: DatabaseConfiguration,
): BackupPlan['dump'] {
  const options = { ...server, ...database };
  return {
    jobs: options.jobs ?? 2,
    lockWaitTimeoutSeconds: options.lockWaitTimeout ?? 60,
    excludeTables: options.excludeTables ?? [],
    excludeTableData: options.excludeTableData ?? [],
    nice: options.nice ?? 0,
  };
}

/** The codec and its level. */
export function resolveCompression({ compression }: Configuration): Compression {
  return { method: compression.method, level: compression.level ?? DEFAULT_LEVEL[compression.method] };
}
