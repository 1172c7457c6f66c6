import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import { remedyFor } from '../model/failures.js';
import { fail } from './failures.js';

const MINUTE = 60_000;

/** How long before its execution timeout a run is given up, and half of it is left for what is in flight to end. */
const CLOSING_TIME = 30 * MINUTE;

/** What came of work that had to end in time: its result, or a sentence that says why it was given up. */
export type EndInTime<T> = { result: T } | { givenUp: string };

/**
 * Does work that is given up shortly before the run's execution timeout, if it has one (each run that a schedule starts
 * has): Temporal ends a run that reaches it without another word, so that nobody would be told. What is in flight then is
 * cancelled; what does not end soon after, goes on to end by itself.
 */
export async function endInTime<T>(work: () => Promise<T>): Promise<EndInTime<T>> {
  const { startTime, executionTimeoutMs } = workflowInfo();
  // Undefined, or 0, for none.
  if (!executionTimeoutMs) return { result: await work() };
  const closingTime = Math.min(CLOSING_TIME, executionTimeoutMs / 10);
  const timeLeft = startTime.getTime() + executionTimeoutMs - closingTime - Date.now();

  let isOver = false;
  const scope = new CancellationScope();
  const working = scope.run(work).finally(() => (isOver = true));
  // Whoever cancels the run cancels the work, and this waits for its end all the same.
  const waitForEnd = (milliseconds: number) =>
    CancellationScope.nonCancellable(() => condition(() => isOver, milliseconds));
  if (await waitForEnd(timeLeft)) return { result: await working };
  scope.cancel();
  working.catch(() => undefined);
  await waitForEnd(closingTime / 2);
  return {
    givenUp: `It was given up shortly before its execution timeout, at which Temporal would have ended it without a word; ${remedyFor('Stalled')}.`,
  };
}

/**
 * As {@link endInTime}, for work of which nothing counts before it is finished.
 *
 * @throws ApplicationFailure `Stalled` when it was given up; else what `work` ends with
 */
export async function finishInTime<T>(work: () => Promise<T>): Promise<T> {
  const end = await endInTime(work);
  if ('givenUp' in end) throw fail('Stalled', end.givenUp);
  return end.result;
}
