import { bootScratch } from '../drills/boot-scratch.js';
import type { DrillPlan } from '../model/drill.js';
import { completeStep } from '../staging/step.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateDrill, scratchOf } from './staged-drill.js';

/** Makes the scratch server and proves that it serves. */
export async function bootScratchServer(dependencies: Dependencies, plan: DrillPlan): Promise<void> {
  const { volume, logger } = dependencies;
  await runStep(logger, {}, (step) =>
    completeStep(locateDrill(volume, plan).directory, 'boot', async ({ ledger }) => {
      const context = { ...step, ledger };
      await bootScratch(await scratchOf(dependencies, plan, step.signal), context);
      return {};
    }),
  );
}
