import type { BackupPlan } from '../model/plan.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { plannedArtifactKey } from './staged-backup.js';

/** Removes what was sent of a backup that will not be committed: the unfinished upload, or the whole artifact. */
export async function discardUpload(dependencies: Dependencies, plan: BackupPlan): Promise<void> {
  await runStep(dependencies.logger, {}, async ({ signal }) => {
    const store = requireStore(dependencies, plan.primaryStore);
    const key = plannedArtifactKey(plan);
    await store.abortUnfinished(key, signal);
    await store.delete(key, signal);
  });
}
