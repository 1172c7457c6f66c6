import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { MAIN_QUEUE } from '../src/model/queues.js';
import type { BackupsResult } from '../src/model/results.js';

/** A finished nightly run. */
export interface NightlyRun {
  workflowId: string;
  /** From the request to start it until its result is known here. */
  seconds: number;
  result: BackupsResult;
}

/** Runs this project's nightly workflow on everything that is configured: backups, globals and pruning. */
export async function runOurs(client: Client): Promise<NightlyRun> {
  const workflowId = `bench-${randomUUID()}`;
  const begun = performance.now();
  const handle = await client.workflow.start('backupDatabases', {
    workflowId,
    taskQueue: MAIN_QUEUE,
    args: [{}],
  });
  const result = (await handle.result()) as BackupsResult;
  return { workflowId, seconds: (performance.now() - begun) / 1000, result };
}

/** How long a workflow's history is, as the server counts it. */
export async function readHistorySize(
  client: Client,
  workflowId: string,
): Promise<{ events: number; bytes: number }> {
  const { historyLength, historySize } = await client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: historySize! };
}
