import { CancellationScope, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { RestorePlan, RestoreProgress, RestoreResult, RestoreStep } from '../model/restore.js';
import { reserveRestoreStep, restoreLightStep, stagingSteps } from './activity-options.js';
import { isNeverBegun, rootFailure } from './failures.js';

const { reserveRestoreStaging } = proxyActivities<Activities>(reserveRestoreStep);
const { swap, discardRestored } = proxyActivities<Activities>(restoreLightStep);

/**
 * Does one restore: reserve, download, unpack, restore beside, compare and, where asked, swap. One that fails or is
 * cancelled before the swap removes what it made and has not touched the live database.
 *
 * @param progress - kept up to date for the query
 */
export async function makeRestore(
  plan: RestorePlan,
  approvedBy: string[],
  progress: RestoreProgress,
): Promise<RestoreResult> {
  const secondsPerStep: Partial<Record<RestoreStep, number>> = {};
  async function time<T>(step: RestoreStep, bytesExpected: number, work: () => Promise<T>): Promise<T> {
    Object.assign(progress, { step, bytesExpected });
    const begun = Date.now();
    const result = await work();
    secondsPerStep[step] = (Date.now() - begun) / 1000;
    return result;
  }

  const { bytes, dumpBytes } = plan.backup;
  const { queue } = await time('reserve', 0, () => reserveRestoreStaging(plan));
  const options = stagingSteps(queue, plan.heartbeatSeconds);
  const program = proxyActivities<Activities>(options.program);
  const transfer = proxyActivities<Activities>(options.transfer);
  const short = proxyActivities<Activities>(options.short);

  let mayHaveMade = false;
  let isDone = false;
  let isGone = false;
  try {
    await time('download', bytes, () => transfer.download(plan));
    await time('unpack', bytes, () => program.unpack(plan));
    const roles =
      plan.createRoles && plan.missing.roles.length > 0
        ? await time('roles', 0, () => program.createRoles(plan))
        : undefined;
    mayHaveMade = true;
    await time('restore', dumpBytes, () => program.restore(plan));
    const restored = await time('compare', dumpBytes, () => program.compare(plan));
    const replaced = plan.mode === 'swap' ? await time('swap', 0, () => swap(plan)) : undefined;
    isDone = true;
    return {
      dryRun: false,
      plan,
      restored: { ...plan.into, ...(replaced ? { database: plan.backup.database } : {}), ...restored },
      ...(replaced ? { replaced } : {}),
      ...(roles ? { roles } : {}),
      approvedBy,
      secondsPerStep,
    };
  } catch (error) {
    isGone = isNeverBegun(error);
    throw error;
  } finally {
    await CancellationScope.nonCancellable(async () => {
      if (mayHaveMade && !isDone) await tidy('the database it made', () => discardRestored(plan));
      if (!isGone) await tidy('staging', () => short.releaseRestoreStaging(plan));
    });
  }
}

async function tidy(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn(`${what} could not be tidied by ${workflowInfo().workflowId}`, rootFailure(error));
  }
}
