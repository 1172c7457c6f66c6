import { seedManySmallDatabases } from '../tools/data/seed-many-small-databases.js';
import { readPeakMemory } from './process-memory.js';
import { readHistorySize, runOurs } from './run-ours.js';
import { withSystem } from './with-system.js';

/** One run over many small databases. */
export interface ManyDatabases {
  count: number;
  seconds: number;
  /** Of the parent workflow. */
  history: { events: number; bytes: number };
  workerPeakBytes: number;
}

/** Backs up many small databases in one run. */
export async function measureManyDatabases(count: number): Promise<ManyDatabases> {
  return await withSystem(
    `${count} small databases`,
    [],
    (server) => seedManySmallDatabases(server, count),
    async ({ client, workerPid }) => {
      const { seconds, workflowId } = await runOurs(client);
      return {
        ...{ count, seconds },
        history: await readHistorySize(client, workflowId),
        workerPeakBytes: await readPeakMemory(workerPid),
      };
    },
  );
}
