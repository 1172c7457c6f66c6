import type { Client } from '@temporalio/client';
import { MAIN_QUEUE } from '../model/queues.js';
import { searchAttributeKeys } from '../model/search-attributes.js';

/** A run that did not succeed. */
export interface FailedRun {
  workflowType: string;
  workflowId: string;
  runId: string;
  /** Of which server it was, where it came so far as to say. */
  server?: string;
}

/** How much later than it ended a run may come into Temporal's list, in milliseconds. */
const LIST_DELAY = 300_000;

/**
 * Makes a reader that answers with the runs that failed since it was last asked, each once: of what failed, timed out or was terminated from now on. Temporal knows, whoever ran it and however it
 * ended: no worker hears of a run that is terminated.
 */
export function createFailureReader(temporal: Client): () => Promise<FailedRun[]> {
  const begun = new Date();
  let asked = begun;
  let seen = new Map<string, Date>();
  return async () => {
    const since = new Date(Math.max(begun.getTime(), asked.getTime() - LIST_DELAY));
    const now = new Date();
    const query = `TaskQueue = '${MAIN_QUEUE}' AND (ExecutionStatus = 'Failed' OR ExecutionStatus = 'TimedOut' OR ExecutionStatus = 'Terminated') AND CloseTime >= '${since.toISOString()}'`;
    const runs: FailedRun[] = [];
    const known = new Map([...seen].filter(([, closed]) => closed >= since));
    for await (const { type, workflowId, runId, closeTime, typedSearchAttributes } of temporal.workflow.list({
      query,
    })) {
      if (!known.has(runId)) {
        const server = typedSearchAttributes.get(searchAttributeKeys.BackupServer);
        runs.push({ workflowType: type, workflowId, runId, ...(server === undefined ? {} : { server }) });
      }
      known.set(runId, closeTime ?? now);
    }
    seen = known;
    asked = now;
    return runs;
  };
}
