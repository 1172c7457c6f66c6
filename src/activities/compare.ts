import { join } from 'node:path';
import type { RestorePlan } from '../model/restore.js';
import { completeDatabase } from '../postgres/create-database.js';
import { compareRestored, type ComparedDatabase } from '../restores/compare-restored.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { restoredManifest, restoreTarget } from './restore-target.js';
import { runStep } from './run-step.js';
import { locateRestore } from './staged-restore.js';

/** pg_dump may read a catalogue of many thousand tables before it writes its first byte. */
const STALL_SECONDS = 900;

/**
 * Proves that the restored database is what the backup says. From here on it is nobody's to drop, unless it is to take
 * the place of the live one, or is one of a whole server: then the swap, or the last step of all, completes it.
 */
export async function compare(dependencies: Dependencies, plan: RestorePlan): Promise<ComparedDatabase> {
  const { volume, logger } = dependencies;
  const staged = locateRestore(volume, plan);
  return runStep(logger, { bytesExpected: 2 * plan.backup.dumpBytes, stallSeconds: STALL_SECONDS }, (step) =>
    completeStep(staged.directory, staged.step('compare'), async ({ directory, ledger }) => {
      const target = await restoreTarget(dependencies, plan);
      const manifest = await restoredManifest(dependencies, plan, step.signal);
      const options = { jobs: plan.jobs, programDirectories: programDirectories(dependencies) };
      const context = { ...step, ledger };
      const compared = await compareRestored(
        target,
        manifest,
        plan.tables,
        join(directory, 'dump'),
        options,
        context,
      );
      if (plan.mode === 'beside' && plan.ofServer === undefined) await completeDatabase(target, step.signal);
      return compared;
    }),
  );
}
