import {
  continueAsNew,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyActivities,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/index.js';
import { archiveWalArgument, parseArgument, type ArchiveWalArgument } from '../model/arguments.js';
import type { FailureType } from '../model/failures.js';
import { operationId } from '../model/queues.js';
import type { ArchiveWalResult, WalProgress, WalRun } from '../model/wal-plan.js';
import { archiveStep, lightStep } from './activity-options.js';
import { showProgress } from './current-details.js';
import { rootFailure } from './failures.js';
import { walProgressQuery } from './queries.js';
import { runOneOperation } from './run-one-operation.js';
import { runToOutcome, tell } from './run-to-outcome.js';
import { showWal } from './search-attributes.js';

const { findArchiver, planWal } = proxyActivities<Activities>(lightStep);

/** A run's length, in seconds: a history that grows by a few events a day, and a summary of each day. */
const RUN_SECONDS = 24 * 3600;
/** Before another try at what failed for good, which only people mend, in seconds: each is longer, up to the last. */
const PATIENCE_SECONDS = [10, 60, 300, 900];

/**
 * Archives the WAL of a server, without end: its schedule starts it again should it ever end. Nothing that fails ends it,
 * but people are told; a gap has people told as well, and a base backup started, which closes it.
 */
export async function archiveWal(input: ArchiveWalArgument): Promise<ArchiveWalResult> {
  const progress = showProgress(walProgressQuery, { step: 'planning' });
  return runToOutcome(
    { what: 'Archiving the WAL', input },
    () => undefined,
    async () => {
      const argument = parseArgument('archiveWal', archiveWalArgument, input);
      const { server, workflowId } = await findArchiver(argument);
      progress.server = server;
      if (workflowInfo().workflowId === workflowId) return archiveForDays(server, progress);
      progress.workflowId = workflowId;
      try {
        return await runOneOperation<ArchiveWalResult>('archiveWal', workflowId, { server });
      } catch (error) {
        // What was asked for is being done.
        if (rootFailure(error).type === ('AlreadyRunning' satisfies FailureType))
          return { server, archivedBy: workflowId };
        throw error;
      }
    },
  );
}

async function archiveForDays(server: string, progress: WalProgress): Promise<never> {
  for (let failures = 0; ;) {
    try {
      progress.step = 'planning';
      const plan = await planWal({ server });
      showWal(plan);
      Object.assign(progress, { step: 'archiving', queue: plan.queue });
      const run = await proxyActivities<Activities>(archiveStep(plan)).archiveWal(plan, RUN_SECONDS);
      failures = 0;
      delete progress.trouble;
      if (run.gap) await answerGap(server, run.gap);
      if (run.ending === 'timeIsOver' || workflowInfo().continueAsNewSuggested) break;
    } catch (error) {
      if (isCancellation(error)) throw error;
      await answerFailure(server, error, failures++, progress);
    }
  }
  return continueAsNew<typeof archiveWal>({ server });
}

async function answerGap(server: string, { first, reason }: NonNullable<WalRun['gap']>): Promise<void> {
  await tell(
    {
      type: 'wal.gap',
      what: `WAL of server ${server} is missing from ${first} on`,
      failure: {
        type: 'WalMissing',
        message: `From ${first} on WAL of server ${server} is missing (${reason}); nothing between that and the next base backup, which is started now, can be recovered.`,
      },
    },
    `/${first}`,
  );
  try {
    await startChild('backupCluster', {
      workflowId: operationId({ kind: 'base', server }),
      args: [{ server, reason: `closes the gap in the WAL from ${first} on` }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    log.warn('a base backup runs already', { server });
  }
}

/** Tells people once of what keeps it from archiving, and waits. */
async function answerFailure(
  server: string,
  error: unknown,
  failures: number,
  progress: WalProgress,
): Promise<void> {
  const failure = rootFailure(error);
  progress.step = 'waiting';
  if (progress.trouble !== failure.message)
    await tell(
      { type: 'wal.failed', what: `Archiving the WAL of server ${server}`, failure },
      `/${failure.type}`,
    );
  progress.trouble = failure.message;
  await sleep((PATIENCE_SECONDS[failures] ?? PATIENCE_SECONDS.at(-1)!) * 1000);
}
