import { OperationError } from '../model/failures.js';
import type { RecoveryPlan } from '../model/recovery.js';
import { handOver as putInPlace, type HandedOver } from '../recovery/hand-over.js';
import { completeStep } from '../staging/step.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery, readChain, recoveredCluster } from './staged-recovery.js';

/** To copy onto another volume and to sync says nothing of how far it is. */
const STALL_SECONDS = 4 * 3600;

/** Puts the recovered data directory where it was asked for. */
export async function handOver(dependencies: Dependencies, plan: RecoveryPlan): Promise<HandedOver> {
  const { outcome } = plan;
  if (outcome.kind !== 'directory')
    throw new OperationError('Unexpected', 'There is no directory to hand over to; see the plan.');
  const { directory: staged } = locateStagedRecovery(dependencies.volume, plan);
  return runStep(dependencies.logger, { stallSeconds: STALL_SECONDS }, (step) =>
    completeStep(staged, 'handOver', async ({ ledger }) => {
      const base = (await readChain(dependencies, plan, step.signal)).at(-1)!;
      const cluster = await recoveredCluster(dependencies, plan, base, step.signal);
      return putInPlace(cluster, outcome.directory, { signal: step.signal, ledger });
    }),
  );
}
