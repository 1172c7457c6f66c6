import { resolveServer } from '../config/resolve.js';
import type { DrillDisasterRecoveryArgument } from '../model/arguments.js';
import { DISASTER_NAME, type DisasterDrillPlan } from '../model/disaster-drill.js';
import { OperationError } from '../model/failures.js';
import { makeBackupId } from '../model/names.js';
import type { RollForwardPlan } from '../model/recovery.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { planRollForward } from './plan-roll-forward.js';
import { runStep } from './run-step.js';

/** What the canary may take beyond the age at which its segment is forced out: to be compressed, encrypted and sent. */
const SHIPPING_PATIENCE = 240;
/** Whole segments may have to be read. */
const STALL_SECONDS = 1800;

/** Decides which store a drill recovers from, and refuses one where there is nothing to recover with. */
export async function planDisasterDrill(
  dependencies: Dependencies,
  argument: DrillDisasterRecoveryArgument,
): Promise<DisasterDrillPlan> {
  return runStep(dependencies.logger, {}, () => {
    const { name, wal } = resolveServer(dependencies.configuration, argument.server);
    if (!wal)
      throw new OperationError(
        'InvalidConfiguration',
        `No WAL of server ${name} is archived, and without that it cannot be recovered as a whole; add "wal: {}" to it in backups.yaml.`,
      );
    const store =
      argument.from === undefined ? dependencies.stores[0] : requireStore(dependencies, argument.from);
    const startedAt = new Date();
    return Promise.resolve({
      id: makeBackupId(DISASTER_NAME, startedAt),
      server: name,
      store: store.name,
      startedAt: startedAt.toISOString(),
      patienceSeconds: Math.ceil(wal.maxAge) + SHIPPING_PATIENCE,
    });
  });
}

/** Plans the recovery that is drilled: of all that is archived, as if the live server were gone. */
export async function planDrilledRecovery(
  dependencies: Dependencies,
  { server, store }: DisasterDrillPlan,
): Promise<RollForwardPlan> {
  return runStep(dependencies.logger, { stallSeconds: STALL_SECONDS }, (step) =>
    planRollForward(
      dependencies,
      {
        server,
        from: store,
        target: { kind: 'end' },
        name: DISASTER_NAME,
        isExtracted: false,
        bringUpToDate: () => Promise.resolve(false),
      },
      step,
    ),
  );
}
