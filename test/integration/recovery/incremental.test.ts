import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { BaseBackupResult } from '../../../src/model/results.js';
import type { archiveWal, backupCluster, recoverToPointInTime } from '../../../src/workflows/index.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { askCluster } from '../../support/ask-cluster.js';
import { SERVER, startBackupSystem } from '../../support/backup-system.js';

it('a chain of incremental base backups and the WAL since then make a whole server', async () => {
  await using postgres = await startPostgres({ major: 18, settings: { summarize_wal: 'on' } });
  await postgres.query('postgres', 'CREATE DATABASE app');
  await using system = await startBackupSystem({
    postgres,
    databases: ['app'],
    encryption: 'gpg',
    server: { wal: { maxAge: '2s' } },
    configuration: { approvals: { provider: 'none' } },
  });
  const { client, scratch, stagingDirectory } = system;
  await client.workflow.start<typeof archiveWal>('archiveWal', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'wal', args: [{ server: SERVER }] },
  });
  const chain: BaseBackupResult[] = [];
  await postgres.query('app', 'CREATE TABLE numbers AS SELECT generate_series(1, 100000) AS n');
  for (const link of [1, 2, 3]) {
    chain.push(
      await client.workflow.execute<typeof backupCluster>('backupCluster', {
        ...{ taskQueue: MAIN_QUEUE, workflowId: `base-${link}`, args: [{ server: SERVER }] },
      }),
    );
    await postgres.query('app', `INSERT INTO numbers VALUES (${-link})`);
    await postgres.query('app', `CREATE TABLE "after ${link}" AS SELECT ${link} AS link`);
  }
  expect(chain.map(({ incrementalTo }) => incrementalTo)).toEqual([
    undefined,
    chain[0]!.backupId,
    chain[1]!.backupId,
  ]);
  await postgres.query('app', `DROP TABLE "after 1"`);

  await chmod(scratch, 0o711);
  const directory = join(scratch, 'recovered', 'data');
  await mkdir(join(scratch, 'recovered'), { mode: 0o711 });
  const { plan } = await client.workflow.execute<typeof recoverToPointInTime>('recoverToPointInTime', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'recover' },
    args: [{ server: SERVER, latest: true, into: { directory } }],
  });
  expect(plan.baseBackup).toMatchObject({
    id: chain[2]!.backupId,
    bytes: chain.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  const sql = `SELECT count(*), sum(n), to_regclass('"after 1"') IS NULL, (SELECT link FROM "after 3") FROM numbers`;
  expect(await askCluster(postgres, directory, 'app', sql)).toBe(`100003|${(100_000 * 100_001) / 2 - 6}|t|3`);

  const { restored } = await client.workflow.execute<typeof recoverToPointInTime>('recoverToPointInTime', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'recover-one' },
    args: [{ server: SERVER, latest: true, database: 'app', into: { database: 'app_again' } }],
  });
  expect(restored).toMatchObject({ database: 'app_again', tables: 3, rows: 100_005 });

  const archiver = client.workflow.getHandle('wal');
  await archiver.cancel();
  await archiver.result().catch(() => undefined);
  await execa('rm', ['-rf', join(stagingDirectory, 'wal')]);
}, 600_000);
