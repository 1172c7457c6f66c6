import type { Client } from '@temporalio/client';
import { MAIN_QUEUE } from '../model/queues.js';
import { LOOK_AGAIN, replicationId } from '../model/replication.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** Has a server's backups copied to every replica, by runs that nobody waits for. */
export async function startReplication(dependencies: Dependencies, server: string): Promise<void> {
  const { logger, stores, temporal } = dependencies;
  await runStep(logger, {}, async () => {
    for (const { name } of stores.slice(1)) await askForCopies(temporal, server, name);
  });
}

/** Starts the run that copies to one store; one that runs already looks again when it has done. */
export function askForCopies(temporal: Client, server: string, store: string) {
  return temporal.workflow.signalWithStart('replicate', {
    workflowId: replicationId(server, store),
    taskQueue: MAIN_QUEUE,
    args: [{ server, store }],
    signal: LOOK_AGAIN,
  });
}
