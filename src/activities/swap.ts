import type { RestorePlan, RestoreResult } from '../model/restore.js';
import { shellWord } from '../model/shell-word.js';
import { swapDatabases } from '../postgres/swap-databases.js';
import type { Dependencies } from './dependencies.js';
import { refuseTemporalState } from './refuse-temporal-state.js';
import { restoreTarget } from './restore-target.js';
import { runStep } from './run-step.js';

/**
 * Puts the restored database in the place of the live one, which is kept under another name; and answers with that name
 * and the command that puts it back.
 */
export async function swap(
  dependencies: Dependencies,
  plan: RestorePlan,
): Promise<NonNullable<RestoreResult['replaced']>> {
  return runStep(dependencies.logger, {}, async ({ signal }) => {
    const { database, becomes } = plan.replaces!;
    const target = await restoreTarget(dependencies, plan);
    await refuseTemporalState(target.server, database, signal);
    await swapDatabases(target, { live: database, replacement: target.database, becomes }, signal);
    return {
      database: becomes,
      undo: `temponest-backups undo-swap --server ${shellWord(plan.into.server)} ${shellWord(database)} ${shellWord(becomes)}`,
    };
  });
}
