import type { RestorePlan } from '../model/restore.js';
import { dropUnfinished } from '../postgres/drop-database.js';
import type { Dependencies } from './dependencies.js';
import { restoreTarget } from './restore-target.js';
import { runStep } from './run-step.js';

/** Drops the database that a failed or cancelled restore has made, and no other. */
export async function discardRestored(dependencies: Dependencies, plan: RestorePlan): Promise<void> {
  await runStep(dependencies.logger, {}, async ({ signal }) => {
    await dropUnfinished(await restoreTarget(dependencies, plan), signal);
  });
}
