import type { Client } from 'pg';
import { OperationError, remedyFor } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { IS_UNFINISHED } from './restore-target.js';

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

/** A database as the server lists it. */
export interface ListedDatabase {
  database: string;
  /** Size on the server's disk. */
  bytes: number;
  /** Not backed up unless it is configured by name. */
  isTemplate: boolean;
  /** False while nobody may connect to it, `ALTER DATABASE … ALLOW_CONNECTIONS false`, and so nobody back it up. */
  isOpen: boolean;
  /** True while a restore makes it, and for good where that restore was killed: nothing that anybody should copy. */
  isUnfinished: boolean;
}

/** Every database of the server, in the order of their names. */
export async function listDatabases(client: Client): Promise<ListedDatabase[]> {
  const { rows } = await client.query<Omit<ListedDatabase, 'bytes'> & { bytes: string }>(
    `SELECT datname AS database, pg_database_size(oid)::text AS bytes,
            datistemplate AS "isTemplate", datallowconn AS "isOpen", ${IS_UNFINISHED} AS "isUnfinished"
       FROM pg_database d ORDER BY datname`,
  );
  return rows.map(({ bytes, ...database }) => ({ ...database, bytes: Number(bytes) }));
}

/**
 * Those that are backed up when the configuration lists none: all but the templates and what a restore has not completed.
 * One that is closed is among them: to pass it over would be to lose it without a word.
 */
export function namesToBackUp(databases: readonly ListedDatabase[]): string[] {
  return databases
    .filter(({ isTemplate, isUnfinished }) => !isTemplate && !isUnfinished)
    .map(({ database }) => database);
}

/**
 * The database of that name among those that {@link listDatabases} found.
 *
 * @throws OperationError `DatabaseNotFound`, `InvalidConfiguration` when it accepts no connections, `AlreadyRunning` when a
 * restore has not completed it: its backup would become the newest one, and hold a part of what the others hold
 */
export function requireDatabase(
  databases: readonly ListedDatabase[],
  name: string,
  server: Pick<ServerConnection, 'name' | 'host' | 'port'>,
): ListedDatabase {
  const found = databases.find(({ database }) => database === name);
  if (found && !found.isOpen)
    throw new OperationError(
      'InvalidConfiguration',
      `Database "${name}" on server ${server.name} accepts no connections, so it cannot be backed up; run ALTER DATABASE … ALLOW_CONNECTIONS true, or leave it out of the databases in backups.yaml.`,
    );
  if (found?.isUnfinished)
    throw new OperationError(
      'AlreadyRunning',
      `Database "${name}" on server ${server.name} is being restored and not complete, so it cannot be backed up; wait for the restore or, where that was killed, start it again.`,
    );
  if (found) return found;
  throw new OperationError(
    'DatabaseNotFound',
    `Database "${name}" does not exist on server ${server.name} (${server.host}:${server.port}); ${remedyFor('DatabaseNotFound')}.`,
  );
}
