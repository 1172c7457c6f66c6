import type { Client, WorkflowHandle } from '@temporalio/client';
import { MAIN_QUEUE } from '../model/queues.js';
import { LOOK_AGAIN, replicationId } from '../model/replication.js';

/** Starts the run that copies a server's backups to one store; one that runs already looks again when it has done. */
export function askForCopies(temporal: Client, server: string, store: string): Promise<WorkflowHandle> {
  return temporal.workflow.signalWithStart('replicate', {
    workflowId: replicationId(server, store),
    taskQueue: MAIN_QUEUE,
    args: [{ server, store }],
    signal: LOOK_AGAIN,
  });
}
