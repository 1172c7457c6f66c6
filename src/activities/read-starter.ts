import type { Client } from '@temporalio/client';

/** How long Temporal is asked, in milliseconds. */
const PATIENCE = 5000;
/** A backup is a child of a backup by hand, or of a nightly one: nobody is farther away than this. */
const ANCESTORS = 4;

/**
 * Who began a run, or the one that it is a part of: the schedule, or the identity of the Temporal client.
 *
 * @returns undefined when Temporal does not tell in time
 */
export async function readStarter(
  client: Client,
  run: { workflowId?: string; runId?: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (run.workflowId === undefined) return undefined;
  try {
    return await client.withDeadline(Date.now() + PATIENCE, () => ask(client, run, ANCESTORS));
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function ask(
  client: Client,
  execution: { workflowId?: string | null; runId?: string | null },
  left: number,
): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution,
    maximumPageSize: 1,
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (started?.parentWorkflowExecution && left > 0)
    return ask(client, started.parentWorkflowExecution, left - 1);
  const schedule = started?.searchAttributes?.indexedFields?.TemporalScheduledById?.data;
  if (schedule) return `schedule ${JSON.parse(Buffer.from(schedule).toString()) as string}`;
  return started?.identity ?? undefined;
}
