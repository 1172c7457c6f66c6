import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { MAIN_QUEUE } from '../src/model/queues.js';
import type { BaseBackupResult } from '../src/model/results.js';
import { waitUntil } from '../test/support/wait-until.js';
import type { PostgresServer } from '../tools/servers/postgres.js';

/** Starts the workflow that archives WAL, and waits until the server streams to it. */
export async function startArchiving(client: Client, postgres: PostgresServer): Promise<void> {
  await client.workflow.start('archiveWal', {
    workflowId: `bench-${randomUUID()}`,
    taskQueue: MAIN_QUEUE,
    args: [{}],
  });
  await waitUntil('a replication slot is in use', async () => {
    const slots = await postgres.query('postgres', 'SELECT FROM pg_replication_slots');
    const senders = await postgres.query(
      'postgres',
      "SELECT FROM pg_stat_replication WHERE state = 'streaming'",
    );
    return slots.length > 0 && senders.length > 0;
  });
}

/** Takes a base backup: from the request to start it until its result is known here. */
export async function backUpCluster(client: Client): Promise<BaseBackupResult> {
  const handle = await client.workflow.start('backupCluster', {
    workflowId: `bench-${randomUUID()}`,
    taskQueue: MAIN_QUEUE,
    args: [{}],
  });
  return (await handle.result()) as BaseBackupResult;
}
