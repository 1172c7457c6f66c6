import type { StoreReceipt } from '../stores/store.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { plannedArtifactKey, type AnyPlan } from './staged-backup.js';

/** Proves that the store holds what was sent. It says nothing of a restore: only a drill makes a backup proven. */
export async function verify(
  dependencies: Dependencies,
  plan: AnyPlan,
  receipt: StoreReceipt,
): Promise<void> {
  await runStep(dependencies.logger, { bytesExpected: receipt.bytes }, (step) =>
    requireStore(dependencies, plan.primaryStore).verify(plannedArtifactKey(plan), receipt, step),
  );
}
