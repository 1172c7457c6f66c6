import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { stagingQueue } from '../model/queues.js';
import { reserveSpace } from '../staging/reservation.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { stagedName, type AnyPlan } from './staged-backup.js';

/** Whether a workflow run is still open; what holds staging for a closed one is left over. */
async function isRunning(
  { temporal }: Dependencies,
  workflowId: string,
  runId: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const run = temporal.workflow.getHandle(workflowId, runId);
    const { status } = await temporal.withAbortSignal(signal, () => run.describe());
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/**
 * Reserves space for the running workflow on this worker's staging volume.
 *
 * @returns the task queue of the worker on that volume, for all steps that touch files
 */
export async function reserveOnVolume(
  dependencies: Dependencies,
  wanted: { server: string; backupId: string; bytes: number },
): Promise<{ queue: string }> {
  const { volume, logger } = dependencies;
  const { workflowId, runId } = Context.current().info.workflowExecution!;
  return runStep(logger, {}, async ({ signal }) => {
    await reserveSpace(
      volume,
      { ...wanted, workflowId, runId },
      (id, run) => isRunning(dependencies, id, run, signal),
      signal,
    );
    return { queue: stagingQueue(volume.id) };
  });
}

/** Reserves the plan's space, see {@link reserveOnVolume}. */
export async function reserveStaging(dependencies: Dependencies, plan: AnyPlan): Promise<{ queue: string }> {
  return reserveOnVolume(dependencies, {
    server: plan.subject.server,
    backupId: stagedName(plan),
    bytes: plan.stagingBytes,
  });
}
