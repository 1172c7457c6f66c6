import { CancellationScope, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { RecoveryPlan, RecoveryProgress, RecoveryResult, RecoveryStep } from '../model/recovery.js';
import type { RestorePlan } from '../model/restore.js';
import { reserveRestoreStep, restoreLightStep, stagingSteps } from './activity-options.js';
import { beginAnew } from './begin-anew.js';
import { isNeverBegun, isStagingGone, rootFailure } from './failures.js';
import { refuseUnfit } from './refuse-unfit.js';

const { reserveRecoveryStaging } = proxyActivities<Activities>(reserveRestoreStep);
const { swap, discardRestored } = proxyActivities<Activities>(restoreLightStep);

type Made = Omit<RecoveryResult, 'dryRun' | 'plan' | 'approvedBy'>;
type Timed = <T>(step: RecoveryStep, bytesExpected: number, work: () => Promise<T>) => Promise<T>;

/**
 * Does one recovery, and begins it anew on another host when its staging is lost for good.
 *
 * @param progress - kept up to date for the query
 */
export async function makeRecovery(
  plan: RecoveryPlan,
  approvedBy: string[],
  progress: RecoveryProgress,
): Promise<RecoveryResult> {
  const made = await beginAnew(isStagingGone, (beginning) =>
    recoverOnce(beginning === 1 ? plan : { ...plan, beginning }, progress),
  );
  return { dryRun: false, plan, ...made, approvedBy };
}

/** Reserve, download, unpack, replay; then hand over, or take one database out of it. */
async function recoverOnce(plan: RecoveryPlan, progress: RecoveryProgress): Promise<Made> {
  const secondsPerStep: Partial<Record<RecoveryStep, number>> = {};
  const time: Timed = async (step, bytesExpected, work) => {
    Object.assign(progress, { step, bytesExpected });
    const begun = Date.now();
    const result = await work();
    secondsPerStep[step] = (Date.now() - begun) / 1000;
    return result;
  };
  const { bytes } = plan.baseBackup;
  const { queue } = await time('reserve', 0, () => reserveRecoveryStaging(plan));
  const options = stagingSteps(queue, plan.heartbeatSeconds);
  const program = proxyActivities<Activities>(options.program);
  const transfer = proxyActivities<Activities>(options.transfer);
  const short = proxyActivities<Activities>(options.short);
  let isGone = false;
  try {
    await time('download', bytes, () => transfer.downloadBase(plan));
    const { notes } = await time('unpack', bytes, () => program.unpackBase(plan));
    const replayed = plan.wal.segments * plan.wal.segmentBytes;
    const reached = await time('replay', replayed, () => program.replayWal(plan));
    if (plan.outcome.kind === 'directory') {
      const handedOver = await time('handOver', 0, () => program.handOver(plan));
      return { reached, handedOver, notes, secondsPerStep };
    }
    const restore = await time('extract', 0, () => program.extract(plan, reached));
    const restored = await restoreExtracted(restore, program, time);
    return { reached, ...restored, notes, secondsPerStep };
  } catch (error) {
    isGone = isNeverBegun(error);
    throw error;
  } finally {
    await CancellationScope.nonCancellable(async () => {
      if (!isGone) await tidy('staging', () => short.releaseRecoveryStaging(plan));
    });
  }
}

/** As the end of any restore: one that fails before the swap removes what it made and has not touched the live database. */
async function restoreExtracted(
  plan: RestorePlan,
  program: Pick<Activities, 'restore' | 'compare'>,
  time: Timed,
): Promise<Pick<Made, 'restored' | 'replaced'>> {
  refuseUnfit(plan);
  const { dumpBytes, database } = plan.backup;
  let isDone = false;
  try {
    await time('restore', dumpBytes, () => program.restore(plan));
    const restored = await time('compare', dumpBytes, () => program.compare(plan));
    const replaced = plan.mode === 'swap' ? await time('swap', 0, () => swap(plan)) : undefined;
    isDone = true;
    return {
      restored: { ...plan.into, ...(replaced ? { database } : {}), ...restored },
      ...(replaced ? { replaced } : {}),
    };
  } finally {
    if (!isDone)
      await CancellationScope.nonCancellable(() => tidy('the database it made', () => discardRestored(plan)));
  }
}

async function tidy(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn(`${what} could not be tidied by ${workflowInfo().workflowId}`, rootFailure(error));
  }
}
