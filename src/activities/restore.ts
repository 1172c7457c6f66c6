import { rm } from 'node:fs/promises';
import type { RestorePlan } from '../model/restore.js';
import { completeStep } from '../staging/step.js';
import { restoreBeside } from '../restores/restore-beside.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { restoredManifest, restoreTarget } from './restore-target.js';
import { runStep } from './run-step.js';
import { requireStaged } from './staged-backup.js';
import { locateRestore } from './staged-restore.js';

/** While an index is sorted or a constraint checked the database does not grow, for as long as that takes. */
const STALL_SECONDS = 2 * 3600;

/** Makes the new database and fills it from the unpacked dump, which is then removed. */
export async function restore(dependencies: Dependencies, plan: RestorePlan): Promise<void> {
  const { volume, logger } = dependencies;
  const staged = locateRestore(volume, plan);
  await runStep(
    logger,
    { bytesExpected: plan.backup.dumpBytes, stallSeconds: STALL_SECONDS },
    async (step) => {
      await completeStep(staged.directory, staged.step('restore'), async ({ ledger }) => {
        await requireStaged(staged.unpacked);
        const options = {
          jobs: plan.jobs,
          ...(plan.tables ? { tables: plan.tables } : {}),
          programDirectories: programDirectories(dependencies),
        };
        const target = await restoreTarget(dependencies, plan);
        const manifest = await restoredManifest(dependencies, plan, step.signal);
        await restoreBeside(target, manifest, staged.unpacked, options, { ...step, ledger });
        return {};
      });
      await rm(staged.unpacked, { recursive: true, force: true });
    },
  );
}
