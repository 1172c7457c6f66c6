import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { CancellationScope, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { BackupSubject } from '../model/keys.js';
import { operationId } from '../model/queues.js';
import { releaseSignal, type holdOperation } from './hold-operation.js';
import { alreadyRunning } from './run-one-operation.js';

/**
 * Runs `work` as the one operation on a database, for a workflow whose own id is another. It stays the one until it has
 * cleaned up, also when the workflow is cancelled.
 *
 * @throws ApplicationFailure `AlreadyRunning` when there is another; else what `work` ends with
 */
export async function withOperation<T>(subject: BackupSubject, work: () => Promise<T>): Promise<T> {
  const workflowId = operationId(subject);
  const hold = await CancellationScope.nonCancellable(() =>
    startChild<typeof holdOperation>('holdOperation', {
      workflowId,
      parentClosePolicy: ParentClosePolicy.TERMINATE,
    }),
  ).catch((error: unknown) => {
    throw error instanceof WorkflowExecutionAlreadyStartedError ? alreadyRunning(workflowId) : error;
  });
  try {
    return await work();
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await hold.signal(releaseSignal);
      await hold.result();
    });
  }
}
