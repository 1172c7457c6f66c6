import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { RestorePlan, RestoreProgress, RestoreResult, RestoreStep } from '../model/restore.js';
import { reserveRestoreStep, restoreLightStep, stagingSteps } from './activity-options.js';
import { beginAnew } from './begin-anew.js';
import { isNeverBegun, isStagingGone } from './failures.js';
import { tidy } from './tidy.js';
import { timeSteps } from './time-steps.js';

const { reserveRestoreStaging } = proxyActivities<Activities>(reserveRestoreStep);
const { swap, discardRestored } = proxyActivities<Activities>(restoreLightStep);

/**
 * Does one restore, and begins it anew on another host when its staging is lost for good: what a failed beginning has
 * made is removed, and the live database was not touched by it.
 *
 * @param progress - kept up to date for the query
 */
export async function makeRestore(
  plan: RestorePlan,
  approvedBy: string[],
  progress: RestoreProgress,
): Promise<RestoreResult> {
  // Roles stay, whatever becomes of the host that made them.
  const lasting: Pick<RestoreResult, 'roles'> = {};
  const made = await beginAnew(isStagingGone, (beginning) =>
    restoreOnce(beginning === 1 ? plan : { ...plan, beginning }, lasting, progress),
  );
  return { dryRun: false, plan, ...made, ...lasting, approvedBy };
}

/**
 * Reserve, download, unpack, restore beside, compare and, where asked, swap.
 *
 * @param lasting - what was made and is not removed again
 */
async function restoreOnce(
  plan: RestorePlan,
  lasting: Pick<RestoreResult, 'roles'>,
  progress: RestoreProgress,
): Promise<Pick<RestoreResult, 'restored' | 'replaced' | 'passedOver' | 'secondsPerStep'>> {
  const { time, secondsPerStep } = timeSteps<RestoreStep>(progress);
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
    // A worker of a version before this answers with nothing.
    const downloaded = (await time('download', bytes, () => transfer.download(plan))) as string[] | undefined;
    const passedOver = [...(plan.passedOver ?? []), ...(downloaded ?? [])];
    await time('unpack', bytes, () => program.unpack(plan));
    if (plan.createRoles && plan.missing.roles.length > 0)
      lasting.roles ??= await time('roles', 0, () => program.createRoles(plan));
    mayHaveMade = true;
    await time('restore', dumpBytes, () => program.restore(plan));
    const restored = await time('compare', dumpBytes, () => program.compare(plan));
    const replaced = plan.mode === 'swap' ? await time('swap', 0, () => swap(plan)) : undefined;
    isDone = true;
    return {
      restored: { ...plan.into, ...(replaced ? { database: plan.backup.database } : {}), ...restored },
      ...(passedOver.length > 0 ? { passedOver } : {}),
      ...(replaced ? { replaced } : {}),
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
