import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { parseArgument, pruneBackupsArgument, type PruneBackupsArgument } from '../model/arguments.js';
import type { PruneResult } from '../model/results.js';
import { storeStep } from './activity-options.js';
import { finishInTime } from './end-in-time.js';
import { runToOutcome } from './run-to-outcome.js';

const { prune } = proxyActivities<Activities>(storeStep);

/** Deletes the backups that no rule of retention keeps, and sweeps what interrupted runs left in the store. */
export async function pruneBackups(input: PruneBackupsArgument): Promise<PruneResult> {
  return runToOutcome(
    () => 'Pruning',
    () => undefined,
    async () => {
      const argument = parseArgument('pruneBackups', pruneBackupsArgument, input);
      return finishInTime(() => prune(argument));
    },
  );
}
