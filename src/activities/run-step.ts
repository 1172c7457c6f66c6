import { Context } from '@temporalio/activity';
import { OperationError } from '../model/failures.js';
import type { Logger } from '../observability/logger.js';
import { redact } from '../observability/redaction.js';
import { toApplicationFailure } from './to-application-failure.js';

/** What a step reports in its heartbeats. */
export interface Heartbeat {
  bytesDone: number;
  bytesExpected: number;
}

/** What the substance of a step gets from the activity that wraps it. */
export interface StepContext {
  /** Aborted when the activity is cancelled or timed out, the worker stops, or the step makes no progress. */
  signal: AbortSignal;
  onProgress: (bytesDone: number) => void;
  /** Work goes on that is not counted in bytes: the step is not stalled. */
  onAlive: () => void;
}

/** How often a heartbeat is offered to the SDK, which sends what its throttle lets through, in milliseconds. */
const HEARTBEAT_INTERVAL = 1000;

/**
 * Runs the substance of a step as a Temporal activity: heartbeats with bytes, cancellation, classified failures.
 *
 * The heartbeat says that the worker lives, and goes on while a program is silent (pg_dump waiting for a lock). That
 * alone would hide a hang, so a step that makes no progress for `stallSeconds` is ended as `Stalled`.
 *
 * @param bytesExpected - for progress; 0 when not known
 * @param stallSeconds - default: 120
 * @param details - what the heartbeat says beside that
 */
export async function runStep<T>(
  logger: Logger,
  {
    bytesExpected = 0,
    stallSeconds = 120,
    details,
  }: { bytesExpected?: number; stallSeconds?: number; details?: () => object },
  work: (step: StepContext) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const { activityType, attempt, workflowExecution } = context.info;
  const stall = new AbortController();
  const signal = AbortSignal.any([context.cancellationSignal, stall.signal]);
  let bytesDone = 0;
  let lastProgress = Date.now();
  const timer = setInterval(() => {
    context.heartbeat({ bytesDone, bytesExpected, ...details?.() } satisfies Heartbeat);
    if (Date.now() - lastProgress > stallSeconds * 1000)
      stall.abort(
        new OperationError(
          'Stalled',
          `${activityType} made no progress for ${stallSeconds} s and was ended; it is tried again.`,
        ),
      );
  }, HEARTBEAT_INTERVAL);
  try {
    return await work({
      signal,
      onProgress: (bytes) => {
        if (bytes === bytesDone) return;
        bytesDone = bytes;
        lastProgress = Date.now();
      },
      onAlive: () => {
        lastProgress = Date.now();
      },
    });
  } catch (error) {
    // The workflow must see a cancellation as one, whatever the interrupted work made of it.
    if (context.cancellationSignal.aborted) return await context.cancelled;
    const cause: unknown = stall.signal.aborted ? stall.signal.reason : error;
    logger.error(
      { activityType, attempt, ...workflowExecution, error: describeForLog(cause) },
      'step failed',
    );
    throw toApplicationFailure(cause);
  } finally {
    clearInterval(timer);
  }
}

/** An error with its causes, for the log. */
function describeForLog(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describeForLog(error.cause)}`;
  return redact(`${error.stack ?? error.message}${cause}`);
}
