import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { executeChild, ParentClosePolicy, type ApplicationFailure } from '@temporalio/workflow';
import { fail } from './failures.js';

/**
 * Runs a workflow as a child under an id of which there can be only one at a time.
 *
 * @throws ApplicationFailure `AlreadyRunning` when that id is in use; else what the child ends with
 */
export async function runOneOperation<T>(
  workflowType: string,
  workflowId: string,
  argument: object,
): Promise<T> {
  try {
    return (await executeChild(workflowType, {
      workflowId,
      args: [argument],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    })) as T;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw alreadyRunning(workflowId);
    throw error;
  }
}

/** The refusal of a second operation. */
export function alreadyRunning(workflowId: string): ApplicationFailure {
  return fail(
    'AlreadyRunning',
    `Another operation on it runs already, as workflow ${workflowId}; wait for it or cancel it.`,
  );
}
