import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { OperationError, type FailureType } from '../model/failures.js';

/** The failure that says what happened, below the envelopes that Temporal puts around it. */
export function rootFailure(error: unknown): { type: string; message: string } {
  let inner = error;
  let step = 'The workflow';
  while ((inner instanceof ActivityFailure || inner instanceof ChildWorkflowFailure) && inner.cause) {
    if (inner instanceof ActivityFailure) step = inner.activityType;
    inner = inner.cause;
  }
  if (inner instanceof ApplicationFailure)
    return { type: inner.type ?? 'Unexpected', message: inner.message };
  if (inner instanceof OperationError) return { type: inner.type, message: inner.message };
  if (inner instanceof TimeoutFailure)
    return {
      type: 'Stalled',
      message: `${step} was given up (${inner.timeoutType}): its worker went away or it took too long; check the worker and start again.`,
    };
  if (inner instanceof CancelledFailure) return { type: 'Cancelled', message: 'It was cancelled.' };
  return { type: 'Unexpected', message: inner instanceof Error ? inner.message : String(inner) };
}

/** Ends the workflow with a typed failure that nothing retries. */
export function fail(type: FailureType, message: string, details?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    ...(details === undefined ? {} : { details: [details] }),
  });
}

/** Whether a step was never begun because nobody serves its queue. */
export function isNeverBegun(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}

/** Whether what earlier steps made is gone, with its staging host or without. */
export function isStagingGone(error: unknown): boolean {
  return isNeverBegun(error) || rootFailure(error).type === ('StagingLost' satisfies FailureType);
}

/** Whether a backup is of no use any more as far as it was made: gone, or damaged. */
export function isWorthBeginningAnew(error: unknown): boolean {
  return isStagingGone(error) || rootFailure(error).type === ('ArtifactDamaged' satisfies FailureType);
}
