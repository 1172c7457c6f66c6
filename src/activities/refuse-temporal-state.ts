import { Context } from '@temporalio/activity';
import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { holdsTemporalState } from '../postgres/holds-temporal-state.js';

/**
 * Refuses to replace a database in which the Temporal cluster that runs this keeps its own state.
 *
 * Temporal writes its visibility records some time after a run has started: asked at once, it may not know yet.
 *
 * @throws OperationError `TargetUnfit`
 */
export async function refuseTemporalState(
  server: ServerConnection,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  const { runId } = Context.current().info.workflowExecution!;
  if (await holdsTemporalState(server, database, runId, signal))
    throw new OperationError(
      'TargetUnfit',
      `Database "${database}" holds the state of the Temporal cluster that would run this; stop Temporal and run "temponest-backups rescue restore ${database} --swap" instead.`,
    );
}
