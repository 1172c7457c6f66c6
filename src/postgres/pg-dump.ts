import type { ServerConnection } from '../model/server-connection.js';
import { redact } from '../observability/redaction.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { libpqEnvironment } from './connection.js';

/** How many warnings are kept: one of a kind may be said of every table. */
const WARNINGS_KEPT = 20;

/** What is dumped and how; see {@link dumpDatabase}. */
export interface DumpOptions {
  /** Absolute path of the pg_dump of the server's own major version. */
  program: string;
  snapshotId: string;
  /** The database's own, as PostgreSQL calls it: a role or database may set another for its sessions, which loses characters. */
  encoding: string;
  jobs: number;
  lockWaitTimeoutSeconds: number;
  /** Patterns as pg_dump takes them. */
  excludeTables: readonly string[];
  excludeTableData: readonly string[];
}

/**
 * Dumps one database at one snapshot into `directory` (made here), in directory format, uncompressed: compression is
 * the next step's work, over the whole and on all cores. Owners and privileges are kept.
 *
 * @returns its warnings: what it left out, such as subscriptions, although nobody asked for that
 * @throws OperationError `LockTimeout`, `PermissionDenied`, `ServerUnreachable`, `StagingFull`… or `ProgramFailed`
 * @see https://www.postgresql.org/docs/current/app-pgdump.html
 */
export async function dumpDatabase(
  server: ServerConnection,
  database: string,
  directory: string,
  options: DumpOptions,
  context: ProgramContext,
): Promise<string[]> {
  const warnings: string[] = [];
  await runProgram(
    {
      file: options.program,
      onSaid: (line) => {
        const [, warning] = /^pg_dump: warning: (.*)$/.exec(line) ?? [];
        if (warning !== undefined && warnings.length < WARNINGS_KEPT) warnings.push(redact(warning));
      },
      args: [
        '--format=directory',
        `--file=${directory}`,
        `--jobs=${options.jobs}`,
        '--compress=0',
        `--snapshot=${options.snapshotId}`,
        `--encoding=${options.encoding}`,
        `--lock-wait-timeout=${options.lockWaitTimeoutSeconds}s`,
        '--no-password',
        '--no-sync',
        ...options.excludeTables.map((pattern) => `--exclude-table=${pattern}`),
        ...options.excludeTableData.map((pattern) => `--exclude-table-data=${pattern}`),
      ],
      environment: libpqEnvironment(server, database),
    },
    context,
  );
  return warnings;
}

/**
 * Dumps what is not in any database, roles with their passwords, memberships, tablespaces and their settings, as SQL
 * into `file`.
 *
 * @param program - absolute path of the pg_dumpall of the server's own major version
 * @see https://www.postgresql.org/docs/current/app-pg-dumpall.html
 */
export async function dumpGlobals(
  server: ServerConnection,
  database: string,
  file: string,
  program: string,
  context: ProgramContext,
): Promise<void> {
  await runProgram(
    {
      file: program,
      // Unlike pg_dump it does not look at PGDATABASE for where to connect.
      args: ['--globals-only', `--database=${database}`, `--file=${file}`, '--no-password', '--no-sync'],
      environment: libpqEnvironment(server, database),
    },
    context,
  );
}
