import { WorkflowFailedError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
} from '@temporalio/common';

/** How a workflow failed, below the envelopes that Temporal puts around it. */
export interface Failure {
  /** One of the failures table's, or `Cancelled`. */
  type: string;
  message: string;
  details: unknown[];
}

/** Waits for a workflow that must fail, or be cancelled, and answers with the failure that says why. */
export async function failureOf(handle: { result: () => Promise<unknown> }): Promise<Failure> {
  let error: unknown;
  try {
    const result = await handle.result();
    throw new Error(`The workflow did not fail: ${JSON.stringify(result)}`);
  } catch (failure) {
    if (!(failure instanceof WorkflowFailedError)) throw failure;
    error = failure.cause;
  }
  while ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause)
    error = error.cause;
  if (error instanceof CancelledFailure) return { type: 'Cancelled', message: error.message, details: [] };
  if (!(error instanceof ApplicationFailure)) throw error;
  return { type: error.type ?? '', message: error.message, details: error.details ?? [] };
}
