import type { TableName } from '../model/compare-inventories.js';
import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { libpqEnvironment, withConnection } from './connection.js';
import { listChosen } from './choose-tables.js';
import { locateClient } from './locate-client.js';
import { readServerFacts } from './server-facts.js';
import { watchGrowth } from './watch-growth.js';
import type { RestoreTarget } from './restore-target.js';

/** How a dump is restored. */
export interface RestoreOptions {
  /** pg_restore workers. */
  jobs: number;
  programDirectories: readonly string[];
  /** Only these, and where to write the list that chooses them. */
  tables?: { names: readonly TableName[]; listFile: string } | undefined;
}

/**
 * With fewer, pg_restore does not empty a table in the transaction that fills it, and PostgreSQL may then put rows into
 * gaps of earlier pages: in another order than they were dumped, so with another digest.
 */
const LEAST_JOBS = 2;

/**
 * What a database or a role may have set for its sessions and must not disturb pg_restore. A commit needs no disk of its
 * own: the one that completes the database waits for all before it.
 */
const SESSION_OPTIONS = [
  'statement_timeout=0',
  'idle_session_timeout=0',
  'default_transaction_read_only=off',
  'array_nulls=on',
  'synchronous_commit=off',
];

/** libpq's `dbname`, in which a name that looks like a connection string is one unless it stands in quotes. */
export function quoteDatabase(name: string): string {
  return `dbname='${name.replace(/['\\]/g, '\\$&')}'`;
}

/** Not the options of a dump: what a materialized view shows may depend on the time zone that the database has set. */
function restoreEnvironment(server: ServerConnection, database: string): Record<string, string> {
  const options = SESSION_OPTIONS.map((option) => `-c ${option}`).join(' ');
  return { ...libpqEnvironment(server, database), PGOPTIONS: options };
}

/** It writes nothing itself: what is full is the server's disk. */
function isDiskFull(error: unknown): error is OperationError {
  return error instanceof OperationError && error.type === 'StagingFull';
}

function describeFullServer(server: ServerConnection, database: string, cause: OperationError) {
  return new OperationError(
    'TargetUnfit',
    `The disk of server ${server.name} is too small for "${database}"; free space on it, or restore into another server.`,
    { cause },
  );
}

/**
 * Restores a directory-format dump into an empty database, with the pg_restore of the server's own major version.
 * Nothing that it reports is let pass.
 *
 * @param archive - the directory that pg_dump made
 * @param onProgress - bytes that the database has on the server's disk
 * @throws OperationError `TargetUnfit` for what the server lacks, `ServerUnreachable`… or `ProgramFailed`
 * @see https://www.postgresql.org/docs/current/app-pgrestore.html
 */
export async function restoreArchive(
  { server, database, maintenanceDatabase }: RestoreTarget,
  archive: string,
  { jobs, programDirectories, tables }: RestoreOptions,
  context: ProgramContext & { onProgress: (bytes: number) => void },
): Promise<void> {
  const { signal, onProgress } = context;
  await withConnection(server, maintenanceDatabase, signal, async (client) => {
    const { major } = await readServerFacts(client);
    const program = await locateClient('pg_restore', major, programDirectories, signal);
    if (tables) await listChosen(program, archive, tables.names, tables.listFile, context);
    const stopWatching = watchGrowth(client, database, onProgress);
    try {
      await runProgram(
        {
          file: program,
          args: [
            `--jobs=${Math.max(jobs, LEAST_JOBS)}`,
            '--exit-on-error',
            '--no-password',
            ...(tables ? [`--use-list=${tables.listFile}`] : []),
            `--dbname=${quoteDatabase(database)}`,
            archive,
          ],
          environment: restoreEnvironment(server, database),
        },
        context,
      );
    } catch (error) {
      throw isDiskFull(error) ? describeFullServer(server, database, error) : error;
    } finally {
      await stopWatching();
    }
  });
}
