import {
  CancellationScope,
  isCancellation,
  proxyActivities,
  type ActivityInterfaceFor,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { AnyPlan, StagedFile } from '../activities/staged-backup.js';
import type { FailureType } from '../model/failures.js';
import type { LaggingStore } from '../model/replication.js';
import type { BackupProgress } from '../model/results.js';
import { reserveStep, stagingSteps, storeStep } from './activity-options.js';
import { askForReplication } from './ask-for-replication.js';
import { isNeverBegun, rootFailure } from './failures.js';
import { tidy } from './tidy.js';
import { timeSteps, type TimeStep } from './time-steps.js';

const { reserveStaging } = proxyActivities<Activities>(reserveStep);
const { discardUpload } = proxyActivities<Activities>(storeStep);

/** How much longer than the primary a replica may take for what is still in staging, and how long at least, in seconds. */
const REPLICA_FACTOR = 2;
const REPLICA_SECONDS = 60;

/** The steps that every backup has. */
type CommonStep = 'reserve' | 'upload' | 'verify' | 'commit' | 'replicate';

/** What a backup is made with on the staging volume that it was given. */
export interface StagingWork<Step extends string> {
  /** Of the steps that have ended. */
  secondsPerStep: Partial<Record<Step, number>>;
  time: TimeStep<Step>;
  /** The steps on the volume's own queue that run PostgreSQL's programs, the compressor, gpg. */
  program: ActivityInterfaceFor<Activities>;
  /** Sends the artifact to the primary store and proves that it is there. */
  send: (artifact: StagedFile) => Promise<void>;
  /** Writes the manifest: what was sent is then no longer this run's to remove. */
  commit: <T>(write: (steps: ActivityInterfaceFor<Activities>) => Promise<T>) => Promise<T>;
  /**
   * Copies what was committed to the replicas, for as long as that keeps nobody waiting; what is missing then is copied
   * from the primary by a run of its own. Answers with the replicas that lag; never fails.
   */
  replicate: (artifact: StagedFile) => Promise<{ lagging?: LaggingStore[] }>;
}

/**
 * Reserves staging for a backup, has it made there, and leaves nothing behind: neither on the volume nor, unless it was
 * committed, in the store.
 *
 * @param progress - kept up to date for the query
 */
export async function onStaging<Step extends BackupProgress['step'], T>(
  plan: AnyPlan,
  progress: BackupProgress,
  make: (work: StagingWork<Step | CommonStep>) => Promise<T>,
): Promise<T> {
  const { time, secondsPerStep } = timeSteps<Step | CommonStep>(progress);
  const { queue } = await time('reserve', 0, () => reserveStaging(plan));
  const options = stagingSteps(queue, plan.heartbeatSeconds);
  const program = proxyActivities<Activities>(options.program);
  const transfer = proxyActivities<Activities>(options.transfer);
  const short = proxyActivities<Activities>(options.short);

  let isUploading = false;
  // Once the manifest may have been written, the artifact is no longer this run's to remove.
  let mayExist = false;
  let isGone = false;
  try {
    return await make({
      secondsPerStep,
      time,
      program,
      send: async (artifact) => {
        isUploading = true;
        const receipt = await time('upload', artifact.bytes, () => transfer.upload(plan, artifact));
        await time('verify', artifact.bytes, () => transfer.verify(plan, receipt));
      },
      commit: (write) => {
        mayExist = true;
        return time('commit', 0, () => write(short));
      },
      replicate: async (artifact) => {
        if (!plan.replicas) return {};
        const patience = REPLICA_SECONDS + REPLICA_FACTOR * (secondsPerStep.upload ?? 0);
        const copy = () => copyStaged(plan, artifact, queue, Math.ceil(patience));
        const lagging = await time('replicate', artifact.bytes * plan.replicas.length, copy);
        const isBase = plan.subject.kind === 'base';
        if (lagging.length > 0 || isBase) await askForReplication(plan.subject.server);
        return lagging.length > 0 ? { lagging } : {};
      },
    });
  } catch (error) {
    isGone = isNeverBegun(error);
    // A commit that finds the stored artifact damaged, or none, has written no manifest.
    if (rootFailure(error).type === ('ArtifactDamaged' satisfies FailureType)) mayExist = false;
    throw error;
  } finally {
    await CancellationScope.nonCancellable(async () => {
      // A host that is gone cleans its volume when it comes back and the next reservation is made there.
      if (!isGone) await tidy('staging', () => short.releaseStaging(plan));
      if (isUploading && !mayExist) await tidy('the store', () => discardUpload(plan));
    });
  }
}

async function copyStaged(
  plan: AnyPlan,
  artifact: StagedFile,
  queue: string,
  patienceSeconds: number,
): Promise<LaggingStore[]> {
  const replicas = plan.replicas ?? [];
  const { copyOnce } = stagingSteps(queue, plan.heartbeatSeconds);
  const seconds = (patienceSeconds + REPLICA_SECONDS) * replicas.length;
  const options = {
    ...copyOnce,
    startToCloseTimeout: seconds * 1000,
    scheduleToCloseTimeout: 2 * seconds * 1000,
  };
  try {
    return await proxyActivities<Activities>(options).replicateStaged(plan, artifact, patienceSeconds);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { message } = rootFailure(error);
    return replicas.map((store) => ({ store, message }));
  }
}
