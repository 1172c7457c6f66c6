import { awaitWal as untilArchived } from '../base/await-wal.js';
import type { BasePlan, NeededWal } from '../model/base-plan.js';
import { readArchiver } from '../wal/read-archiver.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** A store that was down for an hour is given the time to catch up. */
const PATIENCE_SECONDS = 2 * 3600;
/** An archiver that has ended is started again by its schedule, or by somebody who has just made the server known. */
const ARCHIVER_PATIENCE_SECONDS = 60;

/** Waits until the primary store holds the WAL without which the base backup is of no use. */
export async function awaitWal(dependencies: Dependencies, plan: BasePlan, wal: NeededWal): Promise<void> {
  const { temporal } = dependencies;
  await runStep(dependencies.logger, { stallSeconds: 2 * PATIENCE_SECONDS }, ({ signal, onAlive }) =>
    untilArchived(requireStore(dependencies, plan.primaryStore), plan.subject, wal, {
      patienceSeconds: PATIENCE_SECONDS,
      archiverPatienceSeconds: ARCHIVER_PATIENCE_SECONDS,
      isArchived: async () => (await readArchiver(temporal, plan.subject.server)).isRunning,
      onSegments: onAlive,
      signal,
    }),
  );
}
