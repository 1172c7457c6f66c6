import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { libpqEnvironment, withConnection } from './connection.js';
import { locateClient } from './locate-client.js';
import { quoteDatabase } from './pg-restore.js';
import { readServerFacts } from './server-facts.js';

/** What pg_amcheck says of one fault has two lines; these name several, and fit into a message. */
const LINES_SHOWN = 6;
/**
 * What the database may have set for its sessions and must not disturb the check; and no event trigger of its own that
 * forbids to install an extension.
 */
const SESSION_OPTIONS =
  ' -c default_transaction_read_only=off -c statement_timeout=0 -c session_replication_role=replica';

/**
 * Checks the structure of every table and B-tree index of a database, and that each index has an entry for each row.
 * Installs the extension `amcheck` into the database.
 *
 * @returns why it could not be checked, where the extension or the program is not installed; undefined when all is well
 * @throws OperationError `DrillFailed` with what is damaged
 * @see https://www.postgresql.org/docs/current/app-pgamcheck.html
 */
export async function checkStructure(
  server: ServerConnection,
  database: string,
  { jobs, programDirectories }: { jobs: number; programDirectories: readonly string[] },
  context: ProgramContext,
): Promise<string | undefined> {
  const { signal } = context;
  const { major, isAvailable } = await withConnection(server, database, signal, async (client) => {
    const available = await client.query(`SELECT FROM pg_available_extensions WHERE name = 'amcheck'`);
    return { major: (await readServerFacts(client)).major, isAvailable: available.rowCount === 1 };
  });
  if (!isAvailable) return 'the extension amcheck is not installed on this worker';
  const file = await locateClient('pg_amcheck', major, programDirectories, signal).catch((error: unknown) => {
    if (error instanceof OperationError && error.type === 'ProgramMissing') return undefined;
    throw error;
  });
  if (file === undefined) return 'pg_amcheck is not installed on this worker';
  const environment = libpqEnvironment(server, database);
  const faults: string[] = [];
  const program = {
    file,
    args: [
      '--install-missing',
      '--heapallindexed',
      `--jobs=${jobs}`,
      '--no-password',
      quoteDatabase(database),
    ],
    environment: { ...environment, PGOPTIONS: environment.PGOPTIONS + SESSION_OPTIONS },
    onLine: (line: string) => void (faults.length < LINES_SHOWN && faults.push(line.trim())),
  };
  await runProgram(program, context).catch((error: unknown) => {
    signal.throwIfAborted();
    if (faults.length === 0) throw error;
    throw new OperationError(
      'DrillFailed',
      `pg_amcheck finds "${database}" damaged once it is restored: ${faults.join(' ').slice(0, 500)}; see the worker log.`,
      { cause: error },
    );
  });
  return undefined;
}
