import { releaseSpace } from '../staging/reservation.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { stagedName, type AnyPlan } from './staged-backup.js';

/** Ends what the backup left running, removes its files and gives its space back. */
export async function releaseStaging({ volume, logger }: Dependencies, plan: AnyPlan): Promise<void> {
  await runStep(logger, {}, ({ signal }) =>
    releaseSpace(volume, { server: plan.subject.server, backupId: stagedName(plan) }, signal),
  );
}
