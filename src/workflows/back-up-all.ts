import { CancellationScope, isCancellation } from '@temporalio/workflow';
import pMap from 'p-map';
import type { BackupDatabasesArgument } from '../model/arguments.js';
import type { BackupSubject } from '../model/keys.js';
import type { BackupsPlan } from '../model/plan.js';
import type { LaggingStore } from '../model/replication.js';
import { operationId } from '../model/queues.js';
import type { BackupOutcome, BackupResult, BackupsProgress, BackupsResult } from '../model/results.js';
import { rootFailure } from './failures.js';
import { runOneOperation } from './run-one-operation.js';

/** How much of a failure the result repeats, in characters: there may be a thousand of them. */
const MESSAGE_LENGTH = 500;

/** What is said of something that had not ended by itself when its run was given up. */
export const UNFINISHED = 'It was not finished when the run was given up.';

/**
 * Backs up the databases of a plan and the globals, as many at once as it says. One that fails never stops the others.
 *
 * @param result - gets what becomes of each; until then, and when all are cancelled together, it is `Stalled`
 * @param progress - kept up to date for the query
 */
export async function backUpAll(
  plan: BackupsPlan,
  { reason }: BackupDatabasesArgument,
  result: BackupsResult,
  progress: BackupsProgress,
): Promise<void> {
  const subjects: (BackupSubject & { expectedBytes: number })[] = plan.databases.map((database) => ({
    kind: 'database',
    server: plan.server,
    ...database,
  }));
  if (plan.includeGlobals) subjects.unshift({ kind: 'globals', server: plan.server, expectedBytes: 0 });
  result.backups = subjects.map((subject) => unfinished(subject, 0));
  progress.backups = subjects.map((subject) => ({
    ...nameOf(subject),
    state: 'waiting',
    workflowId: operationId(subject),
    bytesExpected: subject.expectedBytes,
    bytesDone: 0,
  }));
  await pMap(
    subjects,
    async (subject, index) => {
      const shown = progress.backups[index]!;
      shown.state = 'running';
      const { lagging = [], ...outcome } = await backUpOne(subject, reason);
      shown.state = outcome.outcome;
      if (outcome.outcome === 'committed') shown.bytesDone = shown.bytesExpected = outcome.dumpBytes;
      for (const store of lagging) noteLagging(result, store);
      const areAllCancelled = CancellationScope.current().consideredCancelled;
      result.backups[index] =
        outcome.outcome === 'cancelled' && areAllCancelled ? unfinished(subject, outcome.seconds) : outcome;
    },
    { concurrency: plan.concurrency },
  );
}

const nameOf = (subject: BackupSubject) =>
  subject.kind === 'database' ? { database: subject.database } : {};

function unfinished(subject: BackupSubject, seconds: number): BackupOutcome {
  return { ...nameOf(subject), outcome: 'failed', type: 'Stalled', message: UNFINISHED, seconds };
}

/** Each replica once, with the first reason. */
function noteLagging(result: BackupsResult, lagging: LaggingStore): void {
  result.lagging ??= [];
  if (!result.lagging.some(({ store }) => store === lagging.store)) result.lagging.push(lagging);
}

async function backUpOne(
  subject: BackupSubject,
  reason: string | undefined,
): Promise<BackupOutcome & Pick<BackupResult, 'lagging'>> {
  const { server } = subject;
  const of = nameOf(subject);
  const begun = Date.now();
  const seconds = () => (Date.now() - begun) / 1000;
  try {
    const { backupId, bytes, dumpBytes, lagging } = await runOneOperation<BackupResult>(
      subject.kind === 'database' ? 'backupDatabase' : 'backupGlobals',
      operationId(subject),
      { server, ...of, ...(reason === undefined ? {} : { reason }) },
    );
    return {
      ...of,
      ...{ outcome: 'committed', backupId, bytes, dumpBytes, seconds: seconds() },
      ...(lagging ? { lagging } : {}),
    };
  } catch (error) {
    const outcome = isCancellation(error) ? 'cancelled' : 'failed';
    const { type, message } = rootFailure(error);
    return { ...of, outcome, type, message: message.slice(0, MESSAGE_LENGTH), seconds: seconds() };
  }
}
