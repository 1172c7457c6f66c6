import { escapeIdentifier } from 'pg';
import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from './connection.js';

/**
 * Whether a database holds the state, or the visibility records, of the Temporal cluster that runs the workflow which
 * asks: replacing it would pull the ground from under that workflow. It does exactly when the run itself is in it.
 *
 * @param runId - the asking workflow's own run id, a UUID
 * @throws OperationError when that can't be found out, `PermissionDenied` among others
 * @see https://github.com/temporalio/temporal/tree/v1.24.2/schema/postgresql/v12
 */
export async function holdsTemporalState(
  server: ServerConnection,
  database: string,
  runId: string,
  signal: AbortSignal,
): Promise<boolean> {
  return withConnection(server, database, signal, async (client) => {
    const { rows } = await client.query<{ schema: string; table: string; type: string }>(
      `SELECT nspname AS schema, relname AS table, format_type(atttypid, NULL) AS type
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         JOIN pg_attribute a ON attrelid = c.oid AND attname = 'run_id' AND NOT attisdropped
        WHERE relkind = 'r' AND relname IN ('executions', 'executions_visibility')`,
    );
    for (const { schema, table, type } of rows) {
      // Temporal keeps the sixteen bytes of it in its state, the text in its visibility records; others who have such a
      // table may keep numbers there.
      const [column, value] =
        type === 'bytea'
          ? ['run_id', Buffer.from(runId.replaceAll('-', ''), 'hex')]
          : ['run_id::text', runId];
      const { rowCount } = await client.query(
        `SELECT FROM ${escapeIdentifier(schema)}.${escapeIdentifier(table)} WHERE ${column} = $1 LIMIT 1`,
        [value],
      );
      if (rowCount === 1) return true;
    }
    return false;
  });
}
