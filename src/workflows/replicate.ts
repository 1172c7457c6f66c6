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
import { OperationError } from '../model/failures.js';
import { LOOK_AGAIN, type ReplicationProgress, type ReplicationResult } from '../model/replication.js';
import { copyStep } from './activity-options.js';
import { showProgress } from './current-details.js';
import { fail, rootFailure } from './failures.js';
import { replicationProgressQuery } from './queries.js';
import { tell } from './run-to-outcome.js';
import { showServer } from './search-attributes.js';

const { replicate: copy } = proxyActivities<Activities>(copyStep);

const DAY = 24 * 3_600_000;
/** Before another try at what several tries have not mended, in seconds: each is longer, up to the last. */
const PATIENCE_SECONDS = [60, 300, 900];

export const lookAgainSignal = defineSignal(LOOK_AGAIN);

/**
 * Copies to one store everything of a server that the primary has and it does not, and ends when it has all. It is started
 * whenever there is something new, under one id, and looks again when it is asked to. A store that is down is waited
 * for: people are told once a day.
 */
export async function replicate(input: ReplicateArgument): Promise<ReplicationResult> {
  const { server, store } = checkArgument(input);
  const progress = showProgress(replicationProgressQuery, {
    step: 'copying',
    server,
    store,
    bytesExpected: 0,
  });
  const total: ReplicationResult = { server, store, objects: 0, bytes: 0, faults: [], seconds: 0 };
  let isWanted = true;
  setHandler(lookAgainSignal, () => {
    isWanted = true;
  });
  showServer({ BackupServer: server, BackupKind: 'replicate' });
  const begun = Date.now();
  for (let failures = 0; isWanted;) {
    isWanted = false;
    progress.step = 'copying';
    try {
      const { objects, bytes, faults } = await copy({ server, store });
      total.objects += objects;
      total.bytes += bytes;
      total.faults = faults;
      failures = 0;
      delete progress.trouble;
    } catch (error) {
      if (isCancellation(error)) throw error;
      isWanted = true;
      progress.step = 'waiting';
      await answerFailure(error, failures++, progress);
    }
    const isLong = Date.now() - begun > DAY || workflowInfo().continueAsNewSuggested;
    if (isWanted && isLong) await continueAsNew<typeof replicate>({ server, store });
  }
  return { ...total, seconds: (Date.now() - begun) / 1000 };
}

/** It is started with both: never by a schedule, nor by hand from the Temporal UI without reading what it takes. */
function checkArgument(input: ReplicateArgument): ReplicateArgument {
  try {
    return parseArgument('replicate', replicateArgument, input);
  } catch (error) {
    throw error instanceof OperationError ? fail(error.type, error.message) : error;
  }
}

async function answerFailure(error: unknown, failures: number, progress: ReplicationProgress): Promise<void> {
  const failure = rootFailure(error);
  const { server, store } = progress;
  const isNews = progress.trouble === undefined;
  progress.trouble = failure.message;
  if (isNews)
    await tell({
      type: 'backup.failed',
      what: `Copying the backups of server ${server} to store ${store}`,
      failure,
    });
  await sleep((PATIENCE_SECONDS[failures] ?? PATIENCE_SECONDS.at(-1)!) * 1000);
}
