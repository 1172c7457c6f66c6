import { awaitWal as untilArchived } from '../base/await-wal.js';
import type { BasePlan, NeededWal } from '../model/base-plan.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** A store that was down for an hour is given the time to catch up; who archives nothing is told so within another. */
const PATIENCE_SECONDS = 2 * 3600;

/** Waits until the primary store holds the WAL without which the base backup is of no use. */
export async function awaitWal(dependencies: Dependencies, plan: BasePlan, wal: NeededWal): Promise<void> {
  await runStep(dependencies.logger, { stallSeconds: 2 * PATIENCE_SECONDS }, ({ signal, onAlive }) =>
    untilArchived(requireStore(dependencies, plan.primaryStore), plan.subject, wal, {
      patienceSeconds: PATIENCE_SECONDS,
      onSegments: onAlive,
      signal,
    }),
  );
}
