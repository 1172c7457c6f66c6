import { OperationError } from '../model/failures.js';
import type { StoreReceipt } from '../stores/store.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import {
  artifactPath,
  discardReadable,
  plannedArtifactKey,
  plannedManifestKey,
  requireStaged,
  type AnyPlan,
  type StagedFile,
} from './staged-backup.js';

/** Longer than the store's own time-outs: a connection that is merely slow moves a part in less. */
const STALL_SECONDS = 300;

/** Sends the artifact to the primary store, going on where an earlier attempt stopped. */
export async function upload(
  dependencies: Dependencies,
  plan: AnyPlan,
  artifact: StagedFile,
): Promise<StoreReceipt> {
  const { volume, logger } = dependencies;
  return runStep(logger, { bytesExpected: artifact.bytes, stallSeconds: STALL_SECONDS }, async (step) => {
    const path = artifactPath(volume, plan);
    await requireStaged(path);
    // Encryption and reading back, which went on side by side, are both done with the readable file.
    await discardReadable(volume, plan);
    const store = requireStore(dependencies, plan.primaryStore);
    const key = plannedArtifactKey(plan);
    return store.putFile(key, { path, ...artifact }, step).catch(async (error: unknown) => {
      const isCommitted = await store.describe(plannedManifestKey(plan), step.signal);
      throw isCommitted ? madeBefore(plan, error) : error;
    });
  });
}

/** The backup of Temporal's own database holds the run that makes it, and wakes up with it. */
function madeBefore({ id }: AnyPlan, cause: unknown): OperationError {
  return new OperationError(
    'StoreConflict',
    `Backup ${id} exists already: this run had made it before Temporal’s own database was restored, and has gone on from there; nothing was changed and nothing is to be done.`,
    { cause },
  );
}
