import { ApplicationFailure } from '@temporalio/common';
import { isRetryable, OperationError, remedyFor, type FailureType } from '../model/failures.js';
import { redact } from '../observability/redaction.js';

/** Errors of the operating system that a step may meet anywhere on its staging volume. */
const byErrno: Record<string, FailureType> = { ENOSPC: 'StagingFull', EDQUOT: 'StagingFull' };

/** Waiting for another database to finish, or for somebody to free space, is not a matter of seconds. */
const DELAY_WHEN_FULL = '30 seconds';

function toOperationError(error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const type = byErrno[(error as NodeJS.ErrnoException).code ?? ''] ?? 'Unexpected';
  return new OperationError(type, `${message}; ${remedyFor(type)}.`, { cause: error });
}

/**
 * Any error as the failure that Temporal records: typed and marked by the failures table, its message redacted, and
 * with neither stack nor cause, which belong in the worker's log.
 */
export function toApplicationFailure(error: unknown): ApplicationFailure {
  const { type, message } = toOperationError(error);
  const failure = ApplicationFailure.create({
    type,
    message: redact(message).slice(0, 2000),
    nonRetryable: !isRetryable(type),
    ...(type === 'StagingFull' ? { nextRetryDelay: DELAY_WHEN_FULL } : {}),
  });
  failure.stack = '';
  return failure;
}
