import { CommanderError } from 'commander';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { OperationError } from '../model/failures.js';
import { redact } from '../observability/redaction.js';
import type { ExitCode } from './context.js';
import { printJson, say } from './output.js';

/** An error for people and programs. */
export interface Fault {
  type: string;
  message: string;
}

/** Failures that the person who typed the command, or wrote backups.yaml, has to correct. */
const USAGE = ['InvalidArgument', 'InvalidConfiguration'];

/** The failure that ended a workflow, below Temporal's envelopes. */
function describeWorkflowFailure({ cause }: WorkflowFailedError): Fault {
  let inner: unknown = cause;
  while (inner instanceof Error && !(inner instanceof ApplicationFailure) && inner.cause instanceof Error)
    inner = inner.cause;
  if (inner instanceof ApplicationFailure)
    return { type: inner.type ?? 'Unexpected', message: inner.message };
  if (inner instanceof CancelledFailure) return { type: 'Cancelled', message: 'The run was cancelled.' };
  if (inner instanceof TerminatedFailure)
    return {
      type: 'Terminated',
      message: 'The run was terminated in Temporal; nothing cleaned up after it yet.',
    };
  if (inner instanceof TimeoutFailure)
    return { type: 'TimedOut', message: 'The run took longer than its execution timeout allows.' };
  return { type: 'Unexpected', message: inner instanceof Error ? inner.message : String(inner) };
}

/** Any error as type and one redacted sentence. */
export function describeError(error: unknown): Fault {
  const { type, message } =
    error instanceof WorkflowFailedError
      ? describeWorkflowFailure(error)
      : error instanceof OperationError
        ? error
        : { type: 'Unexpected', message: error instanceof Error ? error.message : String(error) };
  return { type, message: redact(message) };
}

/**
 * Tells a command's error: one sentence on standard error and, with `--json`, an object on standard output.
 *
 * @param verbose - the stack as well
 * @returns the exit code
 */
export function reportError(
  error: unknown,
  { json, verbose }: { json: boolean; verbose: boolean },
): ExitCode {
  // Commander has printed its own: help, the version, or what is wrong with the command line.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (json) printJson({ error: { type: 'InvalidUsage', message: error.message.replace(/^error: /, '') } });
    return 2;
  }
  const fault = describeError(error);
  say(fault.message);
  if (verbose && error instanceof Error) say(redact(error.stack ?? ''));
  if (json) printJson({ error: fault });
  return USAGE.includes(fault.type) ? 2 : 1;
}
