import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listBaseBackups } from '../../../src/catalogue/base-backups.js';
import { findWindows } from '../../../src/catalogue/recovery-windows.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { runCli } from '../client/run-cli.js';
import { MAIN_QUEUE, operationId } from '../../../src/model/queues.js';
import { walHeartbeat } from '../../../src/model/wal-plan.js';
import { listWal, listWalClusters, type WalArchive } from '../../../src/catalogue/wal-archive.js';
import { parseLsn, parseSegmentName } from '../../../src/model/wal-segment.js';
import type { archiveWal } from '../../../src/workflows/index.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import { startToxiproxy } from '../../../tools/servers/toxiproxy.js';
import {
  SERVER,
  startBackupSystem,
  type BackupSystem,
  type BackupSystemOptions,
} from '../../support/backup-system.js';
import { waitUntil } from '../../support/wait-until.js';
import { readSystemIdentifier, SEGMENT_BYTES, writeSegment } from './archiver-tests.js';

const { signal } = new AbortController();
const workflowId = operationId({ kind: 'wal', server: SERVER });

function startSystem({
  wal = {},
  ...options
}: { wal?: object } & Pick<
  BackupSystemOptions,
  'postgres' | 'temporal' | 'worker'
> = {}): Promise<BackupSystem> {
  return startBackupSystem({
    databases: ['app'],
    encryption: 'gpg',
    server: { wal },
    ...options,
  });
}

/** Starts it as its schedule does, under an id that is not the fixed one; ended with the system. */
async function archive(system: BackupSystem) {
  await system.client.workflow.start<typeof archiveWal>('archiveWal', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'wal-by-schedule',
    args: [{ server: SERVER }],
  });
  return system.client.workflow.getHandle(workflowId);
}

async function readArchive(system: BackupSystem): Promise<WalArchive | undefined> {
  const [cluster] = await listWalClusters(system.store, SERVER, signal);
  return cluster && listWal(system.store, cluster, signal);
}

/** Waits until the store has the segment before a position. */
async function untilArchived(system: BackupSystem, lsn: bigint): Promise<WalArchive> {
  return waitUntil(`WAL is archived up to ${lsn}`, async () => {
    const found = await readArchive(system);
    const starts = [...(found?.segments.keys() ?? [])].map(
      (name) => parseSegmentName(name, SEGMENT_BYTES)!.start,
    );
    return starts.some((start) => start < lsn && lsn <= start + BigInt(SEGMENT_BYTES)) ? found : undefined;
  });
}

/** Ends the archiver, whose spool stays as it is meant to. */
async function end(system: BackupSystem): Promise<void> {
  const archiver = system.client.workflow.getHandle('wal-by-schedule');
  await archiver.cancel();
  await archiver.result().catch(() => undefined);
}

test('WAL is archived under the one id, says how far it is, and outlives a worker that is killed', async () => {
  await using system = await startSystem();
  const archiver = await archive(system);
  await untilArchived(system, await writeSegmentSoon(system));

  const heartbeat = await waitUntil('the heartbeat says where it is', async () => {
    const { raw } = await archiver.describe();
    const details = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
    const said = walHeartbeat.safeParse(details && JSON.parse(Buffer.from(details).toString())).data;
    return said?.archived === undefined ? undefined : said;
  });
  expect(parseLsn(heartbeat.archived!)).toBeLessThanOrEqual(parseLsn(heartbeat.server!)!);
  expect(heartbeat.systemIdentifier).toBe(await readSystemIdentifier(system.postgres));
  expect(heartbeat.trouble).toEqual([]);

  await system.worker.kill('SIGKILL');
  const meanwhile = await writeSegment(system.postgres);
  await system.worker.start();
  const later = await writeSegment(system.postgres);
  const { segments } = await untilArchived(system, later);
  const starts = [...segments.keys()].map((name) => Number(parseSegmentName(name, SEGMENT_BYTES)!.start));
  expect(starts.at(-1)! - starts[0]!).toBe((starts.length - 1) * SEGMENT_BYTES);
  expect(Number(meanwhile)).toBeLessThan(Number(later));
  await end(system);
});

test('WAL goes on being archived while Temporal is away, and nothing is missing afterwards', async () => {
  await using temporal = await startTemporalDevServer();
  await using toxiproxy = await startToxiproxy();
  const proxy = await toxiproxy.createProxy(temporal.address);
  await using system = await startSystem({
    temporal: { ...temporal, address: `${proxy.host}:${proxy.port}` },
  });
  await archive(system);
  await untilArchived(system, await writeSegmentSoon(system));
  await proxy.disable();
  // Longer than Temporal takes a silent worker for alive.
  for (let segment = 0; segment < 6; segment++) {
    await untilArchived(system, await writeSegment(system.postgres));
    await delay(1000);
  }
  await proxy.enable();
  const { segments } = await untilArchived(system, await writeSegment(system.postgres));
  const starts = [...segments.keys()].map((name) => Number(parseSegmentName(name, SEGMENT_BYTES)!.start));
  expect(starts.at(-1)! - starts[0]!).toBe((starts.length - 1) * SEGMENT_BYTES);
  const archiver = system.client.workflow.getHandle(workflowId);
  await waitUntil('Temporal hears of the archiver again', async () => {
    const { raw } = await archiver.describe();
    return raw.pendingActivities?.[0]?.heartbeatDetails;
  });
  await untilArchived(system, await writeSegment(system.postgres));
  await end(system);
});

test('a second archiver of the same server says which one does it', async () => {
  await using system = await startSystem();
  await archive(system);
  await waitUntil('the first one is at work', () => readSlot(system));
  const second = await system.client.workflow.execute<typeof archiveWal>('archiveWal', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'another',
    args: [{ server: SERVER }],
  });
  expect(second).toEqual({ server: SERVER, archivedBy: workflowId });
  await end(system);
});

test('a server that was initialised anew: the old WAL is closed, the new one archived on, and a base backup made', async () => {
  await using old = await startPostgres();
  await using system = await startSystem({ wal: {}, postgres: old });
  await archive(system);
  await untilArchived(system, await writeSegmentSoon(system));
  const [former] = await listWalClusters(system.store, SERVER, signal);
  await old.stop();
  await using anew = await startPostgres({ port: old.port });
  await writeFile(join(system.scratch, 'postgres-password'), anew.password);

  const systemIdentifier = await readSystemIdentifier(anew);
  // A refused password is waited out for ten seconds, and then for a minute: the new server's is there a moment after it.
  const base = await waitUntil(
    'the base backup is made',
    async () =>
      (await listBaseBackups(system.store, SERVER, signal)).find(
        (backup) => backup.systemIdentifier === systemIdentifier,
      ),
    180,
  );
  expect((await listWal(system.store, former!, signal)).gaps).toMatchObject([
    { reason: 'the server was initialised anew, with another system identifier' },
  ]);
  const archived = await listWal(system.store, { server: SERVER, systemIdentifier }, signal);
  expect(findWindows(archived, [base])).toMatchObject([{ baseBackups: [base.id], missing: [] }]);

  const status = await runCli(
    ['wal', 'status', '--json', '--config', system.configurationFile],
    system.environment,
  );
  expect(JSON.parse(status.stdout)).toMatchObject({
    server: SERVER,
    systemIdentifier,
    windows: [{ baseBackups: [base.id] }],
    gaps: [{ systemIdentifier: former!.systemIdentifier }],
    archiver: { isRunning: true },
    findings: [],
  });
  expect(status.exitCode).toBe(0);
  // The database itself was never dumped.
  const late = { id: `backup-late/${SERVER}/app`, severity: 'critical' };
  const verify = ['verify', '--json', '--config', system.configurationFile];
  const verified = await runCli(verify, system.environment);
  expect(JSON.parse(verified.stdout)).toMatchObject({ critical: 1, warnings: 0, findings: [late] });

  await end(system);
  const stopped = await runCli(verify, system.environment);
  expect(stopped.exitCode).toBe(1);
  expect(JSON.parse(stopped.stdout)).toMatchObject({
    critical: 2,
    findings: [late, { id: `wal-archiver-stopped/${SERVER}`, severity: 'critical' }],
    appeared: [`wal-archiver-stopped/${SERVER}`],
  });
  const people = await runCli(['wal', 'status', '--config', system.configurationFile], system.environment);
  expect(people.stdout).toContain('NOT RUNNING');
  expect(people.exitCode).toBe(1);
}, 300_000);

async function readSlot(system: BackupSystem): Promise<boolean> {
  return (await system.postgres.query('postgres', 'SELECT 1 FROM pg_replication_slots')).length === 1;
}

/** Writes a segment once the slot keeps what is written. */
async function writeSegmentSoon(system: BackupSystem): Promise<bigint> {
  await waitUntil('the slot is there', () => readSlot(system));
  return writeSegment(system.postgres);
}
