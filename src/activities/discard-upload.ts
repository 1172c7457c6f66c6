import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { plannedArtifactKey, plannedManifestKey, type AnyPlan } from './staged-backup.js';

/**
 * Removes what was sent of a backup that will not be committed: the unfinished upload, or the whole artifact. One that
 * was committed all the same stays: a run that came back with a restored Temporal database makes its backup again, and
 * fails because it exists.
 */
export async function discardUpload(dependencies: Dependencies, plan: AnyPlan): Promise<void> {
  await runStep(dependencies.logger, {}, async ({ signal }) => {
    const store = requireStore(dependencies, plan.primaryStore);
    const key = plannedArtifactKey(plan);
    await store.abortUnfinished(key, signal);
    if (await store.describe(plannedManifestKey(plan), signal)) return;
    await store.delete(key, signal);
  });
}
