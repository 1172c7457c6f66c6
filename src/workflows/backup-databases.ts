import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import {
  backupDatabasesArgument,
  parseArgument,
  type BackupDatabasesArgument,
  type PruneBackupsArgument,
} from '../model/arguments.js';
import type { BackupsProgress, BackupsResult, PruneResult } from '../model/results.js';
import { lightStep } from './activity-options.js';
import { askForReplication } from './ask-for-replication.js';
import { backUpAll, UNFINISHED } from './back-up-all.js';
import { showProgress } from './current-details.js';
import { endInTime } from './end-in-time.js';
import { fail, rootFailure } from './failures.js';
import { backupsProgressQuery } from './queries.js';
import { runOneOperation } from './run-one-operation.js';
import { runToOutcome, tell } from './run-to-outcome.js';
import { showServer } from './search-attributes.js';
import { summarizeOutcomes } from './summarize-outcomes.js';

const { planBackups } = proxyActivities<Activities>(lightStep);

/**
 * Backs up every configured database of a server and its globals, several in flight at once; then, when the run
 * covered everything, prunes. One that fails never stops the others: the run then ends as `BackupsFailed`, or as `Stalled`
 * when its time was up, and says what did and what did not succeed.
 */
export async function backupDatabases(input: BackupDatabasesArgument): Promise<BackupsResult> {
  const progress = showProgress(backupsProgressQuery, { step: 'planning', backups: [] });
  const end = () => {
    progress.step = 'done';
  };
  return runToOutcome({ what: 'The backup of the databases', input }, end, async () => {
    const argument = parseArgument('backupDatabases', backupDatabasesArgument, input);
    const result: BackupsResult = { server: '', backups: [] };
    const work = await endInTime(() => backUpAndPrune(argument, result, progress));
    progress.step = 'notify';
    const isWhole = argument.databases === undefined;
    return concludeRun(result, isWhole, 'givenUp' in work ? work.givenUp : undefined);
  });
}

/** Fills the result step by step: it may be given up at any. */
async function backUpAndPrune(
  argument: BackupDatabasesArgument,
  result: BackupsResult,
  progress: BackupsProgress,
): Promise<void> {
  const plan = await planBackups(argument);
  result.server = plan.server;
  showServer({ BackupServer: plan.server, BackupKind: 'databases' });
  progress.step = 'backups';
  await backUpAll(plan, argument, result, progress);
  // Whoever cancels one backup by itself does not mean the others.
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled');
  if (plan.replicas) await askForReplication(plan.server);
  if (argument.databases !== undefined) return;
  progress.step = 'prune';
  result.pruneFailure = UNFINISHED;
  const pruned = await prune(plan.server);
  delete result.pruneFailure;
  Object.assign(result, pruned);
}

/** Pruning fails by itself: the backups that were made stay made. */
async function prune(server: string): Promise<Pick<BackupsResult, 'pruned' | 'pruneFailure'>> {
  const argument: PruneBackupsArgument = { server };
  try {
    const { kept, deleted } = await runOneOperation<PruneResult>(
      'pruneBackups',
      `${workflowInfo().workflowId}/prune`,
      argument,
    );
    return { pruned: { kept, deleted } };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { pruneFailure: rootFailure(error).message };
  }
}

async function concludeRun(
  result: BackupsResult,
  isWhole: boolean,
  givenUp: string | undefined,
): Promise<BackupsResult> {
  const { title, lines, failure } = summarizeOutcomes(result);
  if (givenUp !== undefined)
    throw result.backups.length === 0
      ? fail('Stalled', `${givenUp}\nNo backup was begun.`)
      : fail('Stalled', `${givenUp}\n${failure ?? title}`, result);
  if (failure) throw fail('BackupsFailed', failure, result);
  await tell({
    type: 'backup.succeeded',
    ...{ server: result.server, what: title, details: lines },
    ...(isWhole ? { isWhole } : {}),
  });
  return result;
}
