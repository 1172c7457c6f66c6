import { readFromStores } from '../catalogue/read-from-stores.js';
import { resolvePrivateKeys } from '../config/private-keys.js';
import type { RollForwardPlan, RecoveryPoint } from '../model/recovery.js';
import { rollForward } from '../recovery/roll-forward.js';
import { completeStep } from '../staging/step.js';
import { plannedStores, programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery, readChain, recoveredCluster } from './staged-recovery.js';

/** The checkpoint at the end of a long replay, and an idle stretch of log, say nothing for a while. */
const STALL_SECONDS = 3600;

/**
 * Rolls the base backup forward to the target, in a server of the step's own. It works on the data directory in its place:
 * what an attempt has replayed, the next one need not.
 */
export async function replayWal(dependencies: Dependencies, plan: RollForwardPlan): Promise<RecoveryPoint> {
  const { volume, logger, configuration } = dependencies;
  const staged = locateStagedRecovery(volume, plan);
  const limits = { bytesExpected: plan.wal.segments * plan.wal.segmentBytes, stallSeconds: STALL_SECONDS };
  return runStep(logger, limits, (step) =>
    completeStep(staged.directory, 'replay', async ({ directory, ledger }) => {
      const base = (await readChain(dependencies, plan, step.signal)).at(-1)!;
      const privateKeys = await resolvePrivateKeys(configuration);
      const options = {
        ...(privateKeys ? { privateKeys } : {}),
        workDirectory: directory,
        programDirectories: programDirectories(dependencies),
      };
      const { target, wal } = plan;
      const cluster = await recoveredCluster(dependencies, plan, base, step.signal);
      const context = { ...step, ledger };
      // What was replayed from one store is gone on from with another.
      const stores = plannedStores(dependencies, plan);
      const { result, passedOver } = await readFromStores(stores, step.signal, (store) =>
        rollForward(
          { store, base, target, timeline: wal.timeline, last: wal.last },
          cluster,
          options,
          context,
        ),
      );
      for (const reason of passedOver)
        logger.warn({ server: plan.server, reason }, 'a store was passed over');
      return passedOver.length > 0 ? { ...result, passedOver } : result;
    }),
  );
}
