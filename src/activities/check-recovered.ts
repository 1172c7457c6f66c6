import { resolveServer } from '../config/resolve.js';
import type { Canary, RecoveredCheck } from '../model/disaster-drill.js';
import type { RollForwardPlan } from '../model/recovery.js';
import { checkRecovered as check } from '../recovery/check-recovered.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery, readChain, recoveredCluster } from './staged-recovery.js';

/** pg_amcheck says nothing of how far it is. */
const STALL_SECONDS = 4 * 3600;

/** Boots the recovered server and looks at everything in it. */
export async function checkRecovered(
  dependencies: Dependencies,
  plan: RollForwardPlan,
  canary: Canary | undefined,
): Promise<RecoveredCheck> {
  const { configuration, volume, logger, stores } = dependencies;
  const { directory: staged } = locateStagedRecovery(volume, plan);
  return runStep(logger, { stallSeconds: STALL_SECONDS }, (step) =>
    completeStep(staged, 'checkRecovered', async ({ ledger }) => {
      const base = (await readChain(dependencies, plan, step.signal)).at(-1)!;
      const cluster = await recoveredCluster(dependencies, plan, base, step.signal);
      const checked = await check(
        cluster,
        {
          transactionId: canary?.transactionId,
          checks: resolveServer(configuration, plan.server).checks,
          jobs: plan.jobs,
          programDirectories: programDirectories(dependencies),
        },
        { ...step, ledger },
      );
      // As in sendCanary: from a replica none is sent.
      const isWanted = plan.store === stores[0].name;
      return checked.canary === 'notSent' && !isWanted ? { ...checked, canary: 'notWanted' } : checked;
    }),
  );
}
