import type { RestorePlan } from '../model/restore.js';
import { releaseSpace } from '../staging/reservation.js';
import type { Dependencies } from './dependencies.js';
import { reserveOnVolume } from './reserve-staging.js';
import { runStep } from './run-step.js';
import { stagedRestore } from './staged-restore.js';

/** Reserves the restore's space on a restore worker's volume and answers with the queue of that worker. */
export async function reserveRestoreStaging(
  dependencies: Dependencies,
  plan: RestorePlan,
): Promise<{ queue: string }> {
  return reserveOnVolume(dependencies, { ...stagedRestore(plan), bytes: plan.stagingBytes });
}

/** Ends what the restore left running, removes its files and gives its space back. */
export async function releaseRestoreStaging(
  { volume, logger }: Dependencies,
  plan: RestorePlan,
): Promise<void> {
  await runStep(logger, {}, ({ signal }) => releaseSpace(volume, stagedRestore(plan), signal));
}
