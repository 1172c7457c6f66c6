import { OperationError } from '../model/failures.js';
import type { LaggingStore } from '../model/replication.js';
import { copyBackup } from '../replication/copy-unit.js';
import type { Store } from '../stores/store.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep, type StepContext } from './run-step.js';
import {
  artifactPath,
  plannedArtifactKey,
  plannedManifestKey,
  type AnyPlan,
  type StagedFile,
} from './staged-backup.js';

/** How long a store may take to answer at all, in seconds: one that is down keeps no backup waiting. */
const ANSWER_SECONDS = 15;
const MESSAGE_LENGTH = 300;

/**
 * Copies a committed backup to the replicas while its artifact is still in staging, so that it need not be read from the
 * primary. Of a base backup only the artifact: its manifest follows the WAL that it needs.
 *
 * @param patienceSeconds - how long one replica may take
 * @returns the replicas that do not have it after that; what was sent is gone on with from the primary
 */
export async function replicateStaged(
  dependencies: Dependencies,
  plan: AnyPlan,
  artifact: StagedFile,
  patienceSeconds: number,
): Promise<LaggingStore[]> {
  const { logger } = dependencies;
  const replicas = plan.replicas ?? [];
  const limits = { bytesExpected: artifact.bytes * replicas.length, stallSeconds: patienceSeconds };
  return runStep(logger, limits, async (step) => {
    const lagging: LaggingStore[] = [];
    for (const [index, store] of replicas.entries()) {
      const onProgress = (bytes: number) => step.onProgress(index * artifact.bytes + bytes);
      try {
        const replica = requireStore(dependencies, store);
        await copyInTime(dependencies, plan, artifact, replica, patienceSeconds, { ...step, onProgress });
      } catch (error) {
        step.signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        logger.warn({ store, backup: plan.id, error: message }, 'a replica lags');
        lagging.push({ store, message: message.slice(0, MESSAGE_LENGTH) });
      }
      step.onAlive();
    }
    return lagging;
  });
}

async function copyInTime(
  dependencies: Dependencies,
  plan: AnyPlan,
  artifact: StagedFile,
  replica: Store,
  patienceSeconds: number,
  step: StepContext,
): Promise<void> {
  const limit = AbortSignal.timeout(patienceSeconds * 1000);
  const signal = AbortSignal.any([step.signal, limit]);
  const primary = requireStore(dependencies, plan.primaryStore);
  const key = plannedArtifactKey(plan);
  const staged = { path: artifactPath(dependencies.volume, plan), ...artifact };
  try {
    await replica.check(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_SECONDS * 1000)]));
    if (plan.subject.kind === 'base') await replica.putFile(key, staged, { ...step, signal });
    else
      await copyBackup({ primary, replica, staged: { key, ...staged } }, plannedManifestKey(plan), {
        ...step,
        signal,
      });
  } catch (error) {
    step.signal.throwIfAborted();
    if (!(error instanceof DOMException) || error.name !== 'TimeoutError') throw error;
    const seconds = limit.aborted ? patienceSeconds : ANSWER_SECONDS;
    throw new OperationError(
      'StoreUnreachable',
      `Store "${replica.name}" did not ${limit.aborted ? 'take it' : 'answer'} within ${seconds} s; it is copied there later.`,
      { cause: error },
    );
  }
}
