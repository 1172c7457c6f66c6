import type { Client } from 'pg';
import { OperationError, remedyFor } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';

/** What a server says of itself. */
export interface ServerFacts {
  /** `server_version_num`, e.g. 160014. */
  version: number;
  major: number;
  systemIdentifier: string;
  inRecovery: boolean;
}

/** Reads the server's version and identity. */
export async function readServerFacts(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<{ version: number; system: string; recovery: boolean }>(
    `SELECT current_setting('server_version_num')::int AS version,
            (SELECT system_identifier::text FROM pg_control_system()) AS system,
            pg_is_in_recovery() AS recovery`,
  );
  const { version, system, recovery } = rows[0]!;
  return { version, major: Math.floor(version / 10000), systemIdentifier: system, inRecovery: recovery };
}

/** A database and its size on the server's disk, in bytes. */
export interface DatabaseSize {
  database: string;
  bytes: number;
}

/** Every database that can be connected to, templates left out, in the order of their names. */
export async function listDatabases(client: Client): Promise<DatabaseSize[]> {
  const { rows } = await client.query<{ database: string; bytes: string }>(
    `SELECT datname AS database, pg_database_size(oid)::text AS bytes
       FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname`,
  );
  return rows.map(({ database, bytes }) => ({ database, bytes: Number(bytes) }));
}

/**
 * The database of that name among those that {@link listDatabases} found.
 *
 * @throws OperationError `DatabaseNotFound`
 */
export function requireDatabase(
  databases: readonly DatabaseSize[],
  name: string,
  server: Pick<ServerConnection, 'name' | 'host' | 'port'>,
): DatabaseSize {
  const found = databases.find(({ database }) => database === name);
  if (found) return found;
  throw new OperationError(
    'DatabaseNotFound',
    `Database "${name}" does not exist on server ${server.name} (${server.host}:${server.port}); ${remedyFor('DatabaseNotFound')}.`,
  );
}
