import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type {
  RecoveryPlan,
  RecoveryPoint,
  RecoveryProgress,
  RecoveryResult,
  RecoveryStep,
  RollForwardPlan,
} from '../model/recovery.js';
import type { RestorePlan } from '../model/restore.js';
import { reserveRestoreStep, restoreLightStep, stagingSteps } from './activity-options.js';
import { beginAnew } from './begin-anew.js';
import { isNeverBegun, isStagingGone } from './failures.js';
import { fillServer } from './fill-server.js';
import { refuseUnfit } from './refuse-unfit.js';
import { tidy } from './tidy.js';
import { timeSteps, type TimeStep } from './time-steps.js';

const { reserveRecoveryStaging } = proxyActivities<Activities>(reserveRestoreStep);
const { swap, discardRestored } = proxyActivities<Activities>(restoreLightStep);

type Made = Omit<RecoveryResult, 'dryRun' | 'plan' | 'approvedBy'>;

/**
 * Recovers a server, and begins anew on another host when its staging is lost for good; what is then done with it hands
 * it over, carries it into an empty server, or takes one database out of it.
 *
 * @param progress - kept up to date for the query
 */
export async function makeRecovery(
  plan: RecoveryPlan,
  approvedBy: string[],
  progress: RecoveryProgress,
): Promise<RecoveryResult> {
  const made = await withRecovered(plan, progress, async (recovered) => {
    const { reached, begun, program, time } = recovered;
    const whole: RecoveryPlan = { ...plan, ...begun };
    if (plan.outcome.kind === 'directory')
      return { handedOver: await time('handOver', 0, () => program.handOver(whole)) };
    if (plan.outcome.kind === 'server') return fillServer(whole, plan.outcome.into, recovered, progress);
    const restore = await time('extract', 0, () => program.extract(whole, reached));
    return restoreExtracted(restore, program, time);
  });
  return { dryRun: false, plan, ...made, approvedBy };
}

/** A server that was recovered on a staging volume. */
export interface Recovered {
  reached: RecoveryPoint;
  /** The plan as it was begun, for the steps that follow. */
  begun: RollForwardPlan;
  /** Steps on the volume that it is on. */
  program: Activities;
  time: TimeStep<RecoveryStep>;
}

/**
 * Reserve, download, unpack, replay; then `use`, after which nothing of it is left on the volume. Begun anew, `use`
 * included, on another host when its staging is lost for good.
 *
 * @param progress - kept up to date for the query
 */
export async function withRecovered<T>(
  plan: RollForwardPlan,
  progress: Pick<RecoveryProgress, 'step' | 'bytesExpected'>,
  use: (recovered: Recovered) => Promise<T>,
): Promise<T & Pick<Made, 'reached' | 'notes' | 'secondsPerStep'> & { reached: RecoveryPoint }> {
  return beginAnew(isStagingGone, (beginning) =>
    recoverOnce(beginning === 1 ? plan : { ...plan, beginning }, progress, use),
  );
}

async function recoverOnce<T>(
  begun: RollForwardPlan,
  progress: Pick<RecoveryProgress, 'step' | 'bytesExpected'>,
  use: (recovered: Recovered) => Promise<T>,
) {
  const { time, secondsPerStep } = timeSteps<RecoveryStep>(progress);
  const { bytes } = begun.baseBackup;
  const { queue } = await time('reserve', 0, () => reserveRecoveryStaging(begun));
  const options = stagingSteps(queue, begun.heartbeatSeconds);
  const program = proxyActivities<Activities>(options.program);
  const transfer = proxyActivities<Activities>(options.transfer);
  const short = proxyActivities<Activities>(options.short);
  let isGone = false;
  try {
    // A worker of a version before this answers with nothing.
    const downloaded = (await time('download', bytes, () => transfer.downloadBase(begun))) as
      string[] | undefined;
    const unpacked = await time('unpack', bytes, () => program.unpackBase(begun));
    const replayed = begun.wal.segments * begun.wal.segmentBytes;
    const reached = await time('replay', replayed, () => program.replayWal(begun));
    const passedOver = [begun.passedOver, downloaded, reached.passedOver].flatMap((reasons) => reasons ?? []);
    const notes = [...passedOver, ...unpacked.notes];
    const used = await use({ reached, begun, program, time });
    return { ...used, reached, notes, secondsPerStep };
  } catch (error) {
    isGone = isNeverBegun(error);
    throw error;
  } finally {
    await CancellationScope.nonCancellable(async () => {
      if (!isGone) await tidy('staging', () => short.releaseRecoveryStaging(begun));
    });
  }
}

/** As the end of any restore: one that fails before the swap removes what it made and has not touched the live database. */
async function restoreExtracted(
  plan: RestorePlan,
  program: Pick<Activities, 'restore' | 'compare'>,
  time: TimeStep<RecoveryStep>,
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
