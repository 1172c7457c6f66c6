import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { MAIN_QUEUE } from '../model/queues.js';
import { observeRun } from './observe-run.js';
import { say } from './output.js';
import type { ProgressDisplay } from './progress.js';
import { showAsBars } from './progress-bars.js';
import { showAsLines } from './progress-lines.js';

/** A workflow to follow. */
export interface Run {
  workflowId: string;
  /** The workflow type. */
  type: string;
}

/** How often progress is asked for, in milliseconds. */
const INTERVAL = 1000;
/** Questions without an answer, in a row, before that is said. */
const PATIENCE = 2;

/** How a followed run ended, as far as this process saw. */
export type Followed<T> = { state: 'finished'; result: T } | { state: 'detached' };

/** How to watch and how to cancel a run that nobody follows. */
export function adviseOn({ workflowId }: Run): string {
  return [
    `The run goes on as workflow ${workflowId}.`,
    `  Watch it:  temponest-backups backup --follow '${workflowId}'`,
    `  Cancel it: temporal workflow cancel --workflow-id '${workflowId}'`,
  ].join('\n');
}

/**
 * Follows a workflow to its end, showing progress on standard error. Ctrl-C detaches: the workflow goes on.
 *
 * @throws WorkflowFailedError when the workflow fails
 */
export async function follow<T>(client: Client, run: Run): Promise<Followed<T>> {
  const display = process.stderr.isTTY ? showAsBars(process.stderr) : showAsLines(say);
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt);
  const interrupted = new Promise<Followed<T>>((resolve) => {
    interruption.signal.addEventListener('abort', () => resolve({ state: 'detached' }));
  });
  // Requests that wait for an answer would keep the process alive long after the connection is closed.
  const end = new AbortController();
  allowListeners(end.signal);
  const finished = client.withAbortSignal(end.signal, async (): Promise<Followed<T>> => {
    const result: unknown = await client.workflow.getHandle(run.workflowId).result();
    return { state: 'finished', result: result as T };
  });
  void showProgress(client, run, display, end.signal);
  try {
    return await Promise.race([finished, interrupted]);
  } finally {
    end.abort();
    process.removeListener('SIGINT', interrupt);
    display.close();
  }
}

/** The SDK listens to a signal once for each request, and goes on after the answer; Node warns of more than ten. */
const allowListeners = (signal: AbortSignal) => setMaxListeners(0, signal);

/** Shows how far the run is until `signal` is aborted; never rejects. */
async function showProgress(
  client: Client,
  run: Run,
  display: ProgressDisplay,
  signal: AbortSignal,
): Promise<void> {
  for (let unanswered = 0; !signal.aborted;) {
    // A run that was followed into its end, or a Temporal that restarts: the result tells.
    const progress = await observeOnce(client, run, signal).catch(() => undefined);
    if (signal.aborted) return;
    unanswered = progress ? 0 : unanswered + 1;
    if (progress) display.show(progress);
    if (unanswered === PATIENCE)
      display.say(
        `No worker answers on task queue ${MAIN_QUEUE}; start one with "temponest-backups worker", the run waits for it.`,
      );
    await setTimeout(INTERVAL, undefined, { signal }).catch(() => undefined);
  }
}

/** One look at the run, with a signal of its own: what the SDK leaves listening to it goes with it. */
function observeOnce(client: Client, run: Run, signal: AbortSignal): ReturnType<typeof observeRun> {
  const once = AbortSignal.any([signal]);
  allowListeners(once);
  return client.withAbortSignal(once, () => observeRun(client, run));
}
