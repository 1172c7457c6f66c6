import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measureDirectory } from '../../src/files/measure-directory.js';
import { startPostgres } from '../../tools/servers/postgres.js';
import { startToxiproxy } from '../../tools/servers/toxiproxy.js';
import { countAttempts } from '../support/activity-attempts.js';
import { startBackupSystem } from '../support/backup-system.js';
import { createBigTable } from '../support/big-table.js';
import { waitUntil } from '../support/wait-until.js';
import { expectOneWholeBackup } from '../support/whole-backup.js';

test('a dump that PostgreSQL interrupts by restarting is made again', async () => {
  await using postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE app');
  await createBigTable(postgres, 'app', 100_000);
  await using toxiproxy = await startToxiproxy();
  const proxy = await toxiproxy.createProxy(`127.0.0.1:${postgres.port}`);
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres,
    postgresPort: proxy.port,
  });
  const slow = await proxy.addToxic({ type: 'bandwidth', attributes: { rate: 200 } });
  const backup = await system.startBackup('app');
  await waitUntil(
    'pg_dump is in the middle of a table',
    async () => (await measureDirectory(join(system.stagingDirectory, 'backups'))) > 200_000,
  );
  await postgres.restart();
  await proxy.removeToxic(slow);

  expect(await backup.result()).toMatchObject({ rows: 100_000 });
  expect(await countAttempts(backup)).toMatchObject({ planBackup: 1, dump: 2, compress: 1 });
  await expectOneWholeBackup(system, (await backup.result()).backupId);
});
