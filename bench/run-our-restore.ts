import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type {
  DrillDisasterRecoveryArgument,
  DrillRestoreArgument,
  RestoreDatabaseArgument,
} from '../src/model/arguments.js';
import type { DisasterDrillResult } from '../src/model/disaster-drill.js';
import type { DrillResult } from '../src/model/drill.js';
import { MAIN_QUEUE } from '../src/model/queues.js';
import type { RestoreResult } from '../src/model/restore.js';

/** A finished workflow. */
export interface FinishedRun<T> {
  /** From the request to start it until its result is known here. */
  seconds: number;
  result: T;
}

/** Restores a database beside the live one, from the store to compared. */
export async function restoreDatabase(
  client: Client,
  argument: RestoreDatabaseArgument,
): Promise<FinishedRun<RestoreResult>> {
  return await run(client, 'restoreDatabase', argument);
}

/** Drills everything that is configured; fails when anything is not proven. */
export async function drillRestore(client: Client): Promise<FinishedRun<DrillResult>> {
  const all: DrillRestoreArgument = {};
  return await run(client, 'drillRestore', all);
}

/** Plays the loss of the server; fails when it does not come back whole. */
export async function drillDisasterRecovery(client: Client): Promise<DisasterDrillResult> {
  const theOnlyServer: DrillDisasterRecoveryArgument = {};
  return (await run<DisasterDrillResult>(client, 'drillDisasterRecovery', theOnlyServer)).result;
}

async function run<T>(client: Client, workflowType: string, argument: unknown): Promise<FinishedRun<T>> {
  const begun = performance.now();
  const handle = await client.workflow.start(workflowType, {
    workflowId: `bench-${randomUUID()}`,
    taskQueue: MAIN_QUEUE,
    args: [argument],
  });
  const result = (await handle.result()) as T;
  return { seconds: (performance.now() - begun) / 1000, result };
}
