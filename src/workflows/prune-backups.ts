import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { parseArgument, pruneBackupsArgument, type PruneBackupsArgument } from '../model/arguments.js';
import { plain } from '../model/markdown.js';
import type { PruneResult } from '../model/results.js';
import { storeStep } from './activity-options.js';
import { finishInTime } from './end-in-time.js';
import { runToOutcome } from './run-to-outcome.js';
import { showServer } from './search-attributes.js';
import { withAudit } from './with-audit.js';

const { prune } = proxyActivities<Activities>(storeStep);

/** Deletes the backups that no rule of retention keeps, and sweeps what interrupted runs left in the store. */
export async function pruneBackups(input: PruneBackupsArgument): Promise<PruneResult> {
  return runToOutcome(
    { what: 'Pruning the backups', input },
    () => undefined,
    async () => {
      const argument = parseArgument('pruneBackups', pruneBackupsArgument, input);
      const facts: Record<string, number> = {};
      let { server } = argument;
      return withAudit(
        () =>
          argument.dryRun
            ? undefined
            : { action: 'prune' as const, ...(server === undefined ? {} : { server }) },
        () => ({ facts }),
        async () => {
          const result = await finishInTime(() => prune(argument));
          server = result.server;
          const { kept, deleted, orphansSwept, walDeleted } = result;
          Object.assign(facts, { kept, deleted, orphansSwept, walDeleted });
          showServer({ BackupServer: server, BackupKind: 'prune' });
          setCurrentDetails(describePruning(result));
          return result;
        },
      );
    },
  );
}

const describePruning = ({ server, dryRun, kept, deleted, orphansSwept, walDeleted }: PruneResult) =>
  `Server **${plain(server)}**${dryRun ? ', only shown and not done' : ''}: ${kept} backups kept, ${deleted} deleted; ${orphansSwept} leftovers and ${walDeleted} objects of WAL removed.`;
