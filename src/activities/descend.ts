import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dropDrilled } from '../drills/climb-restore.js';
import type { DrillPlan, PlannedBackup } from '../model/drill.js';
import { completeStep } from '../staging/step.js';
import type { Dependencies } from './dependencies.js';
import { requireDatabaseManifest } from './restore-target.js';
import { runStep } from './run-step.js';
import { drilledName, locateDrill, readDrilledManifest, scratchOf } from './staged-drill.js';

/** Removes what a backup has left on its way up: its files, and the database on the scratch server. */
export async function descend(
  dependencies: Dependencies,
  plan: DrillPlan,
  backup: PlannedBackup,
): Promise<void> {
  const { volume, logger } = dependencies;
  const { directory } = locateDrill(volume, plan);
  await runStep(logger, {}, async (step) => {
    if (backup.database !== undefined) {
      const manifest = await readDrilledManifest(dependencies, plan, backup, step.signal);
      await completeStep(directory, `${drilledName(backup)}descend`, async ({ ledger }) => {
        const scratch = await scratchOf(dependencies, plan, step.signal);
        await dropDrilled(scratch, requireDatabaseManifest(manifest), { ...step, ledger });
        return {};
      });
    }
    const own = (await readdir(directory)).filter((entry) => entry.startsWith(drilledName(backup)));
    for (const entry of own) await rm(join(directory, entry), { recursive: true, force: true });
  });
}
