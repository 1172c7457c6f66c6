import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import pMap from 'p-map';
import type { Activities } from '../activities/index.js';
import {
  backupDatabasesArgument,
  parseArgument,
  type BackupDatabasesArgument,
  type PruneBackupsArgument,
} from '../model/arguments.js';
import type { BackupSubject } from '../model/keys.js';
import type { BackupsPlan } from '../model/plan.js';
import { operationId } from '../model/queues.js';
import type {
  BackupOutcome,
  BackupResult,
  BackupsProgress,
  BackupsResult,
  PruneResult,
} from '../model/results.js';
import { lightStep } from './activity-options.js';
import { fail, rootFailure } from './failures.js';
import { backupsProgressQuery } from './queries.js';
import { runOneOperation } from './run-one-operation.js';
import { runToOutcome, tell } from './run-to-outcome.js';
import { summarizeOutcomes } from './summarize-outcomes.js';

/** How much of a failure the result repeats, in characters: there may be a thousand of them. */
const MESSAGE_LENGTH = 500;

const { planBackups } = proxyActivities<Activities>(lightStep);

/**
 * Backs up every configured database of a server and its globals, several in flight at once; then, when the run
 * covered everything, prunes. One that fails never stops the others: the run then ends as `BackupsFailed` and says
 * what did and what did not succeed.
 */
export async function backupDatabases(input: BackupDatabasesArgument): Promise<BackupsResult> {
  const progress: BackupsProgress = { step: 'planning', backups: [] };
  setHandler(backupsProgressQuery, () => progress);
  const end = () => {
    progress.step = 'done';
  };
  return runToOutcome(
    () => 'The backup of the databases',
    end,
    async () => {
      const argument = parseArgument('backupDatabases', backupDatabasesArgument, input);
      const plan = await planBackups(argument);
      progress.step = 'backups';
      const result: BackupsResult = {
        server: plan.server,
        backups: await backUpAll(plan, argument, progress),
      };
      // Whoever cancels one backup by itself does not mean the others.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled');
      if (argument.databases === undefined) {
        progress.step = 'prune';
        Object.assign(result, await prune(plan.server));
      }
      progress.step = 'notify';
      return concludeRun(result);
    },
  );
}

async function backUpAll(
  plan: BackupsPlan,
  { reason }: BackupDatabasesArgument,
  progress: BackupsProgress,
): Promise<BackupOutcome[]> {
  const subjects: (BackupSubject & { expectedBytes: number })[] = plan.databases.map((database) => ({
    kind: 'database',
    server: plan.server,
    ...database,
  }));
  if (plan.includeGlobals) subjects.unshift({ kind: 'globals', server: plan.server, expectedBytes: 0 });
  progress.backups = subjects.map((subject) => ({
    ...(subject.kind === 'database' ? { database: subject.database } : {}),
    state: 'waiting',
    workflowId: operationId(subject),
    bytesExpected: subject.expectedBytes,
    bytesDone: 0,
  }));
  return pMap(
    subjects,
    async (subject, index) => {
      const shown = progress.backups[index]!;
      shown.state = 'running';
      const outcome = await backUpOne(subject, reason);
      shown.state = outcome.outcome;
      if (outcome.outcome === 'committed') shown.bytesDone = shown.bytesExpected = outcome.dumpBytes;
      return outcome;
    },
    { concurrency: plan.concurrency },
  );
}

async function backUpOne(subject: BackupSubject, reason: string | undefined): Promise<BackupOutcome> {
  const { server } = subject;
  const of = subject.kind === 'database' ? { database: subject.database } : {};
  const begun = Date.now();
  const seconds = () => (Date.now() - begun) / 1000;
  try {
    const { backupId, bytes, dumpBytes } = await runOneOperation<BackupResult>(
      subject.kind === 'database' ? 'backupDatabase' : 'backupGlobals',
      operationId(subject),
      { server, ...of, ...(reason === undefined ? {} : { reason }) },
    );
    return { ...of, outcome: 'committed', backupId, bytes, dumpBytes, seconds: seconds() };
  } catch (error) {
    const outcome = isCancellation(error) ? 'cancelled' : 'failed';
    const { type, message } = rootFailure(error);
    return { ...of, outcome, type, message: message.slice(0, MESSAGE_LENGTH), seconds: seconds() };
  }
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

async function concludeRun(result: BackupsResult): Promise<BackupsResult> {
  const { workflowId, runId } = workflowInfo();
  const summary = summarizeOutcomes(result);
  if (summary.failure) throw fail('BackupsFailed', summary.failure, result);
  await tell({ type: 'backup.succeeded', what: summary.title, details: summary.lines, workflowId, runId });
  return result;
}
