import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import { replicationId } from '../../../src/model/replication.js';
import type { RestoreResult } from '../../../src/model/restore.js';
import { startMinio } from '../../../tools/servers/minio.js';
import { startToxiproxy } from '../../../tools/servers/toxiproxy.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { createBigTable } from '../../support/big-table.js';
import { startSharedServers } from '../../support/held-backup.js';
import {
  compareStores,
  directoryReplica,
  openReplica,
  s3Replica,
  untilEqual,
} from '../../support/replica-stores.js';
import { shareInFile } from '../../support/share-in-file.js';
import { makeNamespace } from '../../support/temporal-namespace.js';
import { waitUntil } from '../../support/wait-until.js';
import { failureOf } from '../../support/workflow-failure.js';
import { runCli } from '../client/run-cli.js';

// Several runs of the command line each, and copies that are tried again.
vi.setConfig({ testTimeout: 400_000 });

const { signal } = new AbortController();
const servers = shareInFile(startSharedServers);
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tb-replicas-'));
  await createBigTable(servers().postgres, 'app', 100_000);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function scratchOf(name: string): Promise<string> {
  return mkdtemp(join(directory, `${name}-`));
}

async function system(options: Partial<Parameters<typeof startBackupSystem>[0]>): Promise<BackupSystem> {
  const { postgres, temporal } = servers();
  return startBackupSystem({
    databases: ['app'],
    postgres,
    temporal: await makeNamespace(temporal),
    ...options,
  });
}

async function restore(
  { client, postgres }: BackupSystem,
  argument: { from?: string } = {},
): Promise<RestoreResult & { rows: number }> {
  const name = `restored_${randomUUID().slice(0, 8)}`;
  const result = await client.workflow.execute<(argument: object) => Promise<RestoreResult>>(
    'restoreDatabase',
    {
      taskQueue: MAIN_QUEUE,
      workflowId: `restore-${randomUUID()}`,
      args: [{ database: 'app', into: { database: name }, ...argument }],
    },
  );
  const [row] = await postgres.query<{ n: number }>(name, 'SELECT count(*)::int AS n FROM kept');
  await postgres.query('postgres', `DROP DATABASE "${name}"`);
  return { ...result, rows: row!.n };
}

const cli = ({ configurationFile, environment }: BackupSystem, ...args: string[]) =>
  runCli(['--config', configurationFile, ...args], environment);

test('a replica that is down fails no backup and lags; when it is back it gets everything', async () => {
  await using s3 = await startMinio();
  const replica = await s3Replica(s3, await scratchOf('down'));
  await using it = await system({ replicas: [replica] });
  const first = await it.backUp();
  expect(first.lagging).toBeUndefined();
  await untilEqual(it);

  await s3.kill();
  const second = await it.backUp();
  expect(second.backups.map(({ outcome }) => outcome)).toEqual(['committed']);
  expect(second.lagging).toEqual([
    { store: 'offsite', message: expect.stringContaining('Store "offsite"') as string },
  ]);
  expect(second.pruneFailure).toBeUndefined();
  expect(await compareStores(it)).toMatchObject({
    exitCode: 1,
    fault: expect.stringContaining('offsite') as string,
  });

  // Nobody copies while it is looked at.
  await it.worker.stop();
  await s3.start();
  const lag = await compareStores(it);
  expect(lag).toMatchObject({ exitCode: 1, since: expect.any(String) as string });
  expect(lag.objects).toBeGreaterThanOrEqual(2);
  const page = await cli(it, 'stores', 'compare');
  expect(page.stdout).toMatch(/offsite +lags/);

  await it.worker.start();
  const synced = await cli(it, 'stores', 'sync');
  expect(synced.stdout).toContain('Store "offsite" has all that the primary has');
  expect(synced.exitCode).toBe(0);
  expect((await compareStores(it)).exitCode).toBe(0);
  const checked = await cli(it, 'stores', 'check');
  expect(checked.stdout).toMatch(/offsite +replica +ok +ok +ok +ok +ok/);
  expect(checked.exitCode).toBe(0);
});

test('a worker that is killed in the middle of copying goes on when it is back', async () => {
  await using toxiproxy = await startToxiproxy();
  const proxy = await toxiproxy.createProxy(new URL(servers().s3.endpoint).host);
  const endpoint = `http://${proxy.host}:${proxy.port}`;
  const replica = await s3Replica(servers().s3, await scratchOf('killed'), endpoint);
  await using it = await system({ replicas: [replica] });
  await proxy.disable();
  expect((await it.backUp()).lagging).toHaveLength(1);
  const slow = await proxy.addToxic({ type: 'bandwidth', stream: 'upstream', attributes: { rate: 300 } });
  await proxy.enable();
  const copying = it.client.workflow.getHandle(replicationId(SERVER, 'offsite'));
  const primary = it.store;
  const copies = await openReplica(it);
  const begun = async () => {
    for await (const upload of copies.listUnfinished('postgres/', signal)) return upload.key;
    return (await copying.describe()).raw.pendingActivities?.some(
      ({ heartbeatDetails }) =>
        heartbeatDetails != null && String(heartbeatDetails.payloads?.[0]?.data) !== '',
    )
      ? 'heartbeat'
      : undefined;
  };
  await waitUntil('it is being copied', begun, 180);
  await it.worker.kill('SIGKILL');
  await proxy.removeToxic(slow);
  await it.worker.start();
  await copying.result();
  expect((await compareStores(it)).exitCode).toBe(0);
  for await (const { key, bytes } of primary.list('postgres/', signal))
    expect(await copies.describe(key, signal)).toMatchObject({ bytes });
  const { rows, plan } = await restore(it, { from: 'offsite' });
  expect([rows, plan.store]).toEqual([1000, 'offsite']);
});

test('a backup is restored from the replica when the primary is off, and it is said', async () => {
  await using s3 = await startMinio();
  const replica = await directoryReplica(await scratchOf('off'));
  await using it = await system({ store: 's3', s3, replicas: [replica], encryption: 'gpg' });
  await it.backUp();
  await untilEqual(it);
  await s3.kill();
  const { rows, plan, passedOver } = await restore(it);
  expect([rows, plan.store]).toEqual([1000, 'offsite']);
  expect(passedOver).toEqual([expect.stringMatching(/^Store "s3-/)]);
  await s3.start();
});

test('what is damaged in the primary is restored from the replica, and it is said', async () => {
  const replica = await directoryReplica(await scratchOf('damaged'));
  await using it = await system({ replicas: [replica] });
  const { backups } = await it.backUp();
  const [backup] = backups;
  if (backup?.outcome !== 'committed') throw new Error('there is no backup');
  await untilEqual(it);
  let artifact = '';
  for await (const { key } of it.store.list('postgres/', signal))
    if (key.includes('.dump.tar')) artifact = key;
  const file = join(fileURLToPath(it.store.url), artifact);
  const content = await readFile(file);
  content[content.length >> 1]! ^= 1;
  await writeFile(file, content);

  const { rows, plan, passedOver } = await restore(it);
  expect([rows, plan.store, plan.backup.id]).toEqual([1000, 'file', backup.backupId]);
  expect(passedOver).toEqual([expect.stringContaining(artifact)]);
  expect(await it.worker.log()).toContain('a store was passed over');
  await expect(failureOf({ result: () => restore(it, { from: 'file' }) })).resolves.toMatchObject({
    type: 'ArtifactDamaged',
  });
});

test('stores that cannot be compared or synced are refused in one sentence', async () => {
  await using it = await system({ startWorker: false });
  for (const args of [['compare'], ['sync']]) {
    const { exitCode, stderr } = await cli(it, 'stores', ...args);
    expect(exitCode).toBe(2);
    expect(stderr.trim()).toMatch(/^backups\.yaml has one store only, "file", .*\.$/);
  }
  const unknown = await cli(it, 'stores', 'check', 'nowhere');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr.trim()).toBe('Store "nowhere" is not configured; use one of: file.');
});
