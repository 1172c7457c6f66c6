import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { BaseManifest } from '../../src/model/base-manifest.js';
import { walKey, type Cluster } from '../../src/model/physical-keys.js';
import { MAIN_QUEUE, operationId } from '../../src/model/queues.js';
import { segmentsBetween } from '../../src/model/timeline-history.js';
import { parseLsn, segmentName } from '../../src/model/wal-segment.js';
import type { backupCluster } from '../../src/workflows/index.js';
import { backupProgressQuery } from '../../src/workflows/queries.js';
import { SERVER, type BackupSystem } from './backup-system.js';
import { waitUntil } from './wait-until.js';

const signal = new AbortController().signal;
const SEGMENT_BYTES = 16 * 1024 * 1024;

export type BaseHandle = WorkflowHandleWithFirstExecutionRunId<typeof backupCluster>;

/** Starts `backupCluster` under its operation's own id. */
export function startBase({ client }: BackupSystem): Promise<BaseHandle> {
  return client.workflow.start<typeof backupCluster>('backupCluster', {
    taskQueue: MAIN_QUEUE,
    workflowId: operationId({ kind: 'base', server: SERVER }),
    args: [{ server: SERVER }],
  });
}

/** Waits until a base backup has all but its WAL. */
export async function untilAwaitingWal(handle: WorkflowHandle<typeof backupCluster>): Promise<void> {
  await waitUntil('it waits for its WAL', async () => {
    const { step } = await handle.query(backupProgressQuery);
    if (step === 'failed') await handle.result();
    return step === 'awaitWal';
  });
}

/** The cluster that the system's server is. */
export async function readCluster({ postgres }: Pick<BackupSystem, 'postgres'>): Promise<Cluster> {
  const [row] = await postgres.query<{ id: string }>(
    'postgres',
    'SELECT system_identifier::text AS id FROM pg_control_system()',
  );
  return { server: SERVER, systemIdentifier: row!.id };
}

/** Puts all WAL that the server has written into the store, as far as names go: nobody recovers with it. */
export async function pretendToArchive(
  system: Pick<BackupSystem, 'postgres' | 'store'>,
  { but }: { but?: string } = {},
): Promise<string[]> {
  const cluster = await readCluster(system);
  const [row] = await system.postgres.query<{ lsn: string }>(
    'postgres',
    'SELECT pg_current_wal_lsn()::text AS lsn',
  );
  const names: string[] = [];
  const segments = segmentsBetween(0n, parseLsn(row!.lsn)! - 1n, 1, [], SEGMENT_BYTES);
  for (const { name } of segments) {
    if (name === but) continue;
    await system.store.putDocument(walKey(cluster, name, '.zst'), Buffer.from(name), signal);
    names.push(name);
  }
  return names;
}

/** The last segment that a base backup which waits for its WAL cannot do without. */
export async function lastSegmentOf(system: BackupSystem): Promise<string> {
  const facts = (await system.listStaging()).find((file) => file.endsWith('/base-backup/facts.json'))!;
  const { timeline, stopLsn } = JSON.parse(
    await readFile(join(system.stagingDirectory, facts), 'utf8'),
  ) as BaseManifest;
  return segmentName({ timeline, start: parseLsn(stopLsn)! - 1n }, SEGMENT_BYTES);
}

/** Runs a base backup to its end, with WAL that is there as soon as it is asked for. */
export async function makeBase(system: BackupSystem) {
  const handle = await startBase(system);
  await untilAwaitingWal(handle);
  await pretendToArchive(system);
  return handle.result();
}
