import { writeFile } from 'node:fs/promises';
import type { TableName } from '../model/compare-inventories.js';
import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { libpqEnvironment, withConnection } from './connection.js';
import { readArchiveGraph, restorePasses, type GraphEntry } from './archive-graph.js';
import { chooseTables } from './choose-tables.js';
import { locateClient } from './locate-client.js';
import { readServerFacts } from './server-facts.js';
import { watchGrowth, type GrowthWatcher } from './watch-growth.js';
import type { RestoreTarget } from './restore-target.js';

/** How a dump is restored. */
export interface RestoreOptions {
  /** pg_restore workers. */
  jobs: number;
  programDirectories: readonly string[];
  /** Only these, and what is theirs. */
  tables?: readonly TableName[] | undefined;
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

/** What pg_restore failed with, seen from a restore: the table of failures speaks of backups there. */
function describeTrouble({ name, user }: ServerConnection, database: string, error: unknown): unknown {
  if (!(error instanceof OperationError)) return error;
  // It writes nothing itself: what is full is the server's disk.
  if (error.type === 'StagingFull')
    return new OperationError(
      'TargetUnfit',
      `The disk of server ${name} is too small for "${database}"; free space on it, or restore into another server.`,
      { cause: error },
    );
  if (error.type === 'PermissionDenied') {
    const [, said = error.message] = /ERROR: +(.*)/.exec(error.message) ?? [];
    return new OperationError(
      'PermissionDenied',
      `The user ${user} of server ${name} may not make all that "${database}" holds (${said.split('; ')[0]}); restore as a superuser, or grant what is missing.`,
      { cause: error },
    );
  }
  return error;
}

/**
 * Restores a directory-format dump into an empty database, with the pg_restore of the server's own major version.
 * Nothing that it reports is let pass.
 *
 * It is run once for each of {@link restorePasses}. A grant may need another one (of the schema to the grantor, say), and
 * several workers would make them at the same time.
 *
 * @param archive - the directory that pg_dump made; a list is written beside it
 * @throws OperationError `TargetUnfit` for what the server lacks, `PermissionDenied` for what the user may not make, `ServerUnreachable`… or `ProgramFailed`
 * @see https://www.postgresql.org/docs/current/app-pgrestore.html
 */
export async function restoreArchive(
  { server, database, maintenanceDatabase }: RestoreTarget,
  archive: string,
  { jobs, programDirectories, tables }: RestoreOptions,
  context: ProgramContext & GrowthWatcher,
): Promise<void> {
  const { signal } = context;
  await withConnection(server, maintenanceDatabase, signal, async (client) => {
    const { major } = await readServerFacts(client);
    const program = await locateClient('pg_restore', major, programDirectories, signal);
    const all = await readArchiveGraph(program, archive, context);
    const chosen = tables ? await chooseTables(program, archive, all, tables, context) : all;
    const restore = (entries: GraphEntry[], jobs: number) =>
      restoreEntries(server, database, archive, entries, { program, jobs }, context);
    const stopWatching = watchGrowth(client, database, context);
    try {
      for (const pass of restorePasses) {
        const entries = chosen.filter((entry) => entry.pass === pass);
        if (entries.length > 0) await restore(entries, pass === 'main' ? Math.max(jobs, LEAST_JOBS) : 1);
      }
    } catch (error) {
      throw describeTrouble(server, database, error);
    } finally {
      await stopWatching();
    }
  });
}

async function restoreEntries(
  server: ServerConnection,
  database: string,
  archive: string,
  entries: readonly GraphEntry[],
  { program, jobs }: { program: string; jobs: number },
  context: ProgramContext,
): Promise<void> {
  const listFile = `${archive}.list`;
  await writeFile(listFile, entries.map(({ dumpId }) => `${dumpId};\n`).join(''));
  await runProgram(
    {
      file: program,
      args: [
        `--jobs=${jobs}`,
        '--exit-on-error',
        '--no-password',
        `--use-list=${listFile}`,
        `--dbname=${quoteDatabase(database)}`,
        archive,
      ],
      environment: restoreEnvironment(server, database),
    },
    context,
  );
}
