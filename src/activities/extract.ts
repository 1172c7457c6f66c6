import { rm } from 'node:fs/promises';
import { OperationError } from '../model/failures.js';
import type { RecoveryPlan, RecoveryPoint } from '../model/recovery.js';
import type { RestorePlan } from '../model/restore.js';
import { locateRecovery } from '../recovery/recovered-cluster.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery } from './staged-recovery.js';
import { takeOut } from './take-out.js';

/** pg_dump may read a catalogue of many thousand tables before it writes its first byte. */
const STALL_SECONDS = 900;

/** Takes the database out of the recovered server, which is then removed, and answers with the plan of a restore of it. */
export async function extract(
  dependencies: Dependencies,
  plan: RecoveryPlan,
  point: RecoveryPoint,
): Promise<RestorePlan> {
  const { outcome } = plan;
  if (outcome.kind !== 'database')
    throw new OperationError('Unexpected', 'There is no database to take out; see the plan.');
  const { kind, ...wanted } = outcome;
  return runStep(dependencies.logger, { stallSeconds: STALL_SECONDS }, async (step) => {
    const restore = await takeOut(dependencies, plan, point, wanted, step);
    const { cluster } = locateStagedRecovery(dependencies.volume, plan);
    await rm(locateRecovery(cluster).dataDirectory, { recursive: true, force: true });
    return restore;
  });
}
