import { log, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { RecoverToPointInTimeArgument } from '../model/arguments.js';
import type { FailureType } from '../model/failures.js';
import type { RecoveryPlan } from '../model/recovery.js';
import { lightStep, recoveryPlanStep, stagingSteps } from './activity-options.js';
import { rootFailure } from './failures.js';
import { requireRestoreWorker } from './require-restore-worker.js';

const { planRecovery } = proxyActivities<Activities>(recoveryPlanStep);
const { findWalHost } = proxyActivities<Activities>(lightStep);

/**
 * Plans a recovery. Where the server is gone and the archive ends before what is asked for, the worker that archived its
 * WAL may have received more than the server could end a segment for: that is put into the store, and planned again.
 *
 * @throws ApplicationFailure as the plan is refused
 */
export async function planReaching(argument: RecoverToPointInTimeArgument): Promise<RecoveryPlan> {
  const plan = () => requireRestoreWorker(planRecovery(argument));
  let refusal: unknown;
  const first = await plan().catch((error: unknown) => {
    if (rootFailure(error).type !== ('TargetOutOfWindow' satisfies FailureType)) throw error;
    refusal = error;
    return undefined;
  });
  if (first?.isUpToDate) return first;
  // A dry run changes nothing anywhere.
  const server = first?.server ?? argument.server;
  if (!argument.dryRun && server !== undefined && (await shipWhatIsLeft(server))) return plan();
  if (first) return first;
  throw refusal;
}

/** Whether anything was put into the store that was not there before. */
async function shipWhatIsLeft(server: string): Promise<boolean> {
  try {
    const host = await findWalHost(server);
    if (host === undefined) return false;
    const { short } = stagingSteps(host.queue, host.heartbeatSeconds);
    const shipped = await proxyActivities<Activities>(short).shipPartialWal(host);
    return shipped !== undefined;
  } catch (error) {
    log.warn('what the archiving worker has received last could not be had', rootFailure(error));
    return false;
  }
}
