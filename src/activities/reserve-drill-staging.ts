import type { DrillPlan } from '../model/drill.js';
import { releaseSpace } from '../staging/reservation.js';
import type { Dependencies } from './dependencies.js';
import { reserveOnVolume } from './reserve-staging.js';
import { runStep } from './run-step.js';
import { stagedDrill } from './staged-drill.js';

/** Reserves the drill's space on a restore worker's volume and answers with the queue of that worker. */
export async function reserveDrillStaging(
  dependencies: Dependencies,
  plan: DrillPlan,
): Promise<{ queue: string }> {
  return reserveOnVolume(dependencies, { ...stagedDrill(plan), bytes: plan.stagingBytes });
}

/** Ends what the drill left running, the scratch server among it, removes its files and gives its space back. */
export async function releaseDrillStaging({ volume, logger }: Dependencies, plan: DrillPlan): Promise<void> {
  await runStep(logger, {}, ({ signal }) => releaseSpace(volume, stagedDrill(plan), signal));
}
