import { expect, test } from 'vitest';
import { startMinio } from '../../tools/servers/minio.js';
import { startPostgres } from '../../tools/servers/postgres.js';
import { startS3Proxy, type ProxiedRequest } from '../integration/stores/s3-proxy.js';
import { startBackupSystem } from '../support/backup-system.js';
import { createBigTable } from '../support/big-table.js';
import { waitUntil } from '../support/wait-until.js';
import { expectOneWholeBackup, listStore } from '../support/whole-backup.js';

const isPart = ({ method, partNumber }: ProxiedRequest) => method === 'PUT' && partNumber !== undefined;

test('an upload goes on where a killed worker stopped: parts that the store has are not sent again', async () => {
  await using postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE app');
  await createBigTable(postgres, 'app', 400_000); // 26 MB: four parts
  await using s3 = await startMinio();

  const answered: number[] = [];
  let isKilled = false;
  const never = new Promise<void>(() => undefined);
  await using proxy = await startS3Proxy(s3.endpoint, {
    holdRequest: (request) => (isPart(request) && request.partNumber! > 2 && !isKilled ? never : undefined),
    holdAnswer: (request) => {
      if (isPart(request)) answered.push(request.partNumber!);
      return undefined;
    },
  });
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres,
    store: 's3',
    s3,
    s3Endpoint: proxy.endpoint,
  });
  const backup = await system.startBackup('app');
  await waitUntil('the store has two parts of four', () => answered.length === 2);
  await system.worker.kill('SIGKILL');
  expect((await listStore(system.store)).unfinished).toHaveLength(1);
  const before = proxy.requests.length;
  isKilled = true;
  await system.worker.start();

  const { backupId } = await backup.result();
  const sentAfterwards = proxy.requests
    .slice(before)
    .filter(isPart)
    .map(({ partNumber }) => partNumber);
  expect(sentAfterwards.sort()).toEqual([3, 4]);
  await expectOneWholeBackup(system, backupId);
});
