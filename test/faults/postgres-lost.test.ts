import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { measureDirectory } from '../../src/programs/measure-directory.js';
import { startPostgres } from '../../tools/servers/postgres.js';
import { startTemporalDevServer } from '../../tools/servers/temporal.js';
import { startToxiproxy, type Proxy } from '../../tools/servers/toxiproxy.js';
import { countAttempts, waitForFailedAttempt } from '../support/activity-attempts.js';
import { startBackupSystem, type BackupSystem } from '../support/backup-system.js';
import { createBigTable } from '../support/big-table.js';
import { shareInFile } from '../support/share-in-file.js';
import { makeNamespace } from '../support/temporal-namespace.js';
import { waitUntil } from '../support/wait-until.js';
import { expectEmptyStore, expectOneWholeBackup } from '../support/whole-backup.js';
import { failureOf } from '../support/workflow-failure.js';

const postgres = shareInFile(startPostgres);
const temporal = shareInFile(startTemporalDevServer);
const toxiproxy = shareInFile(startToxiproxy);
beforeAll(async () => {
  await postgres().query('postgres', 'CREATE DATABASE app');
  await createBigTable(postgres(), 'app', 100_000);
});

/** A system that reaches PostgreSQL through a proxy, which a test can disturb. */
async function startProxiedSystem(): Promise<BackupSystem & { proxy: Proxy }> {
  const proxy = await toxiproxy().createProxy(`127.0.0.1:${postgres().port}`);
  const system = await startBackupSystem({
    databases: ['app'],
    postgres: postgres(),
    postgresPort: proxy.port,
    temporal: await makeNamespace(temporal()),
  });
  return { ...system, proxy };
}

test.concurrent('a dump that PostgreSQL interrupts by restarting is made again', async () => {
  await using system = await startProxiedSystem();
  const { proxy } = system;
  const slow = await proxy.addToxic({ type: 'bandwidth', attributes: { rate: 200 } });
  const backup = await system.startBackup('app');
  await waitUntil(
    'pg_dump is in the middle of a table',
    async () => (await measureDirectory(join(system.stagingDirectory, 'backups'))) > 200_000,
  );
  await postgres().restart();
  await proxy.removeToxic(slow);

  expect(await backup.result()).toMatchObject({ rows: 100_000 });
  expect(await countAttempts(backup)).toMatchObject({ planBackup: 1, dump: 2, compress: 1 });
  await expectOneWholeBackup(system, (await backup.result()).backupId);
});

test.concurrent('a server that stays away fails the backup with one sentence', async () => {
  await using system = await startProxiedSystem();
  const { proxy } = system;
  await proxy.disable();
  const backup = await system.startBackup('app');

  const { type, message } = await failureOf(backup);
  expect(type).toBe('ServerUnreachable');
  expect(message).toMatch(
    new RegExp(
      `^PostgreSQL server main \\(127\\.0\\.0\\.1:${proxy.port}\\), database "postgres": .*; check that the server runs.*\\.$`,
    ),
  );
  expect(await system.listStaging()).toEqual([]);
  await expectEmptyStore(system.store);
});

test.concurrent('a table that is locked for longer than the lock wait timeout is waited for', async () => {
  await using postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE app');
  await postgres.query('app', 'CREATE TABLE busy AS SELECT 1 AS n');
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres,
    temporal: await makeNamespace(temporal()),
    server: { lockWaitTimeout: '1s' },
  });
  const { host, port, user, password } = postgres;
  const holder = new pg.Client({ host, port, user, password, database: 'app' });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE busy IN ACCESS EXCLUSIVE MODE');
  const backup = await system.startBackup('app');
  expect(await waitForFailedAttempt(backup, 'dump')).toMatchObject({ type: 'LockTimeout' });
  await holder.end();

  await expectOneWholeBackup(system, (await backup.result()).backupId);
});
