import { DatabaseError, type Client } from 'pg';
import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from './connection.js';

/** How long one check may take. */
const TIMEOUT_MINUTES = 30;

/**
 * Asks a restored database what the operator wants to be true of it. Nothing that a check does is kept.
 *
 * @param checks - queries that must each answer with one row of one column, and true in it
 * @param onProgress - how many were answered
 * @throws OperationError `DrillFailed` naming every check that is not true, or cannot be answered
 */
export async function runChecks(
  server: ServerConnection,
  database: string,
  checks: readonly string[],
  { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number) => void },
): Promise<void> {
  const faults = await withConnection(server, database, signal, async (client) => {
    await client.query(
      `SET statement_timeout = '${TIMEOUT_MINUTES}min'; SET default_transaction_read_only = on`,
    );
    const found: string[] = [];
    for (const [index, sql] of checks.entries()) {
      const fault = await runCheck(client, `check ${index}`, sql);
      if (fault !== undefined) found.push(`"${sql}" ${fault}`);
      onProgress(index + 1);
    }
    return found;
  });
  if (faults.length === 0) return;
  throw new OperationError(
    'DrillFailed',
    `${faults.length} of ${checks.length} checks of "${database}" fail: ${faults.join(', ').slice(0, 1000)}; find out whether the data or the check is wrong.`,
  );
}

/** @returns what is wrong with the answer */
async function runCheck(client: Client, name: string, sql: string): Promise<string | undefined> {
  try {
    // With a name it is one prepared statement; without, the protocol would take several.
    const { rows } = await client.query<unknown[]>({ name, text: sql, rowMode: 'array' });
    if (rows.length !== 1 || rows[0]!.length !== 1) return 'does not answer with one value';
    return rows[0]![0] === true ? undefined : `is ${String(rows[0]![0]).slice(0, 100)}`;
  } catch (error) {
    // A connection that is lost is no answer.
    if (!(error instanceof DatabaseError)) throw error;
    return `fails: ${error.message}`;
  }
}
