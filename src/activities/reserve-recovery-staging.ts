import type { RollForwardPlan } from '../model/recovery.js';
import { allowTablespaces } from '../recovery/hold-tablespaces.js';
import { releaseSpace } from '../staging/reservation.js';
import type { Dependencies } from './dependencies.js';
import { reserveOnVolume } from './reserve-staging.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery, stagedRecovery } from './staged-recovery.js';

/** Reserves the recovery's space on a restore worker's volume and answers with the queue of that worker. */
export async function reserveRecoveryStaging(
  dependencies: Dependencies,
  plan: RollForwardPlan,
): Promise<{ queue: string }> {
  return reserveOnVolume(dependencies, { ...stagedRecovery(plan), bytes: plan.stagingBytes });
}

/** Ends what the recovery left running, its server among it, removes its files and gives its space back. */
export async function releaseRecoveryStaging(
  { volume, logger }: Dependencies,
  plan: RollForwardPlan,
): Promise<void> {
  await runStep(logger, {}, async ({ signal }) => {
    await allowTablespaces(locateStagedRecovery(volume, plan).cluster);
    await releaseSpace(volume, stagedRecovery(plan), signal);
  });
}
