import { setTimeout } from 'node:timers/promises';
import { ScheduleOverlapPolicy, type Client, type ScheduleDescription } from '@temporalio/client';
import { OperationError } from '../../model/failures.js';
import type { Run } from '../follow.js';

/** How long the server may take to start the run, and how often it is asked, in milliseconds. */
const TIMEOUT = 15_000;
const INTERVAL = 200;

const runIds = ({ info }: ScheduleDescription) =>
  new Set(info.recentActions.map(({ action }) => action.workflow.firstExecutionRunId));

/**
 * Starts a schedule's run now and finds out which workflow that is, which Temporal does not answer.
 *
 * @param before - the schedule as it was described just before
 * @throws OperationError `AlreadyRunning` when the run before has not ended
 */
export async function triggerSchedule(client: Client, before: ScheduleDescription): Promise<Run> {
  const handle = client.schedule.getHandle(before.scheduleId);
  const known = runIds(before);
  // The default would start a second run beside one in progress, whatever the schedule's own policy is.
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
  for (const deadline = Date.now() + TIMEOUT; Date.now() < deadline; await setTimeout(INTERVAL)) {
    const { info, action } = await handle.describe();
    const started = info.recentActions.find((taken) => !known.has(taken.action.workflow.firstExecutionRunId));
    if (started) return { workflowId: started.action.workflow.workflowId, type: action.workflowType };
    if (info.numActionsSkippedOverlap > before.info.numActionsSkippedOverlap)
      throw new OperationError(
        'AlreadyRunning',
        `The run before has not ended: ${info.runningActions[0]?.workflow.workflowId ?? before.scheduleId}; follow it with "temponest-backups backup --follow <workflow id>", or cancel it.`,
      );
  }
  throw new OperationError(
    'Unexpected',
    `Temporal did not start a run of ${before.scheduleId} within ${TIMEOUT / 1000} s; see the schedule in the Temporal UI.`,
  );
}
