import {
  continueAsNew,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { parseArgument, replicateArgument, type ReplicateArgument } from '../model/arguments.js';
import { LOOK_AGAIN, type ReplicationProgress, type ReplicationResult } from '../model/replication.js';
import { copyStep } from './activity-options.js';
import { showProgress } from './current-details.js';
import { describeRun } from './describe-run.js';
import { rootFailure } from './failures.js';
import { replicationProgressQuery } from './queries.js';
import { runToOutcome, tell } from './run-to-outcome.js';
import { showServer } from './search-attributes.js';

const { replicate: copy } = proxyActivities<Activities>(copyStep);

const DAY = 24 * 3_600_000;
/** Before another try at what several tries have not mended, in seconds: each is longer, up to the last. */
const PATIENCE_SECONDS = [60, 300, 900];
/** What a run does, for people. */
const WHAT = 'Copying the backups';

export const lookAgainSignal = defineSignal(LOOK_AGAIN);

/**
 * Copies to one store everything of a server that the primary has and it does not, and ends when it has all. It is started
 * whenever there is something new, under one id, and looks again when it is asked to. A store that is down is waited
 * for: people are told once a day, and once when it is over.
 *
 * @param isAlarmed - the run that this one goes on with has told people of trouble
 */
export async function replicate(input: ReplicateArgument, isAlarmed = false): Promise<ReplicationResult> {
  const progress = showProgress(replicationProgressQuery, { step: 'copying', bytesExpected: 0 });
  const wish = { isOpen: true };
  setHandler(lookAgainSignal, () => {
    wish.isOpen = true;
  });
  return runToOutcome(
    { what: WHAT, input },
    (end) => (progress.step = end),
    async () => {
      const argument = parseArgument('replicate', replicateArgument, input);
      Object.assign(progress, argument);
      showServer({ BackupServer: argument.server, BackupKind: 'replicate' });
      return copyAll(argument, isAlarmed, wish, progress);
    },
  );
}

/** Copies as long as it is wished. */
async function copyAll(
  { server, store }: ReplicateArgument,
  wasAlarmed: boolean,
  wish: { isOpen: boolean },
  progress: ReplicationProgress,
): Promise<ReplicationResult> {
  const total: ReplicationResult = { server, store, objects: 0, bytes: 0, faults: [], seconds: 0 };
  const begun = Date.now();
  let isAlarmed = wasAlarmed;
  for (let failures = 0; wish.isOpen;) {
    wish.isOpen = false;
    progress.step = 'copying';
    try {
      const { objects, bytes, faults } = await copy({ server, store });
      total.objects += objects;
      total.bytes += bytes;
      total.faults = faults;
      failures = 0;
      delete progress.trouble;
      if (isAlarmed) await tellOfEnd(total);
      isAlarmed = false;
    } catch (error) {
      if (isCancellation(error)) throw error;
      wish.isOpen = true;
      isAlarmed = true;
      progress.step = 'waiting';
      await answerFailure(error, { server, store }, failures++, progress);
    }
    const isLong = Date.now() - begun > DAY || workflowInfo().continueAsNewSuggested;
    if (wish.isOpen && isLong) await continueAsNew<typeof replicate>({ server, store }, isAlarmed);
  }
  return { ...total, seconds: (Date.now() - begun) / 1000 };
}

/** Tells people, once in a row of failures, and waits. */
async function answerFailure(
  error: unknown,
  argument: ReplicateArgument,
  failures: number,
  progress: ReplicationProgress,
): Promise<void> {
  const failure = rootFailure(error);
  const isNews = progress.trouble === undefined;
  progress.trouble = failure.message;
  if (isNews)
    await tell(
      { type: 'replica.failed', ...argument, what: describeRun(WHAT, argument), failure },
      `/${Date.now()}`,
    );
  await sleep((PATIENCE_SECONDS[failures] ?? PATIENCE_SECONDS.at(-1)!) * 1000);
}

/** What is damaged in the primary cannot be copied: that is not the store's trouble, and is said. */
async function tellOfEnd({ server, store, faults }: ReplicationResult): Promise<void> {
  const rest = faults.length === 0 ? '' : ', but for what could not be copied';
  await tell(
    {
      type: 'replica.succeeded',
      ...{ server, store },
      what: `Store ${store} has again all of server ${server} that the primary has${rest}`,
      details: faults.map(({ key, message }) => `${key}: ${message}`),
    },
    `/${Date.now()}`,
  );
}
