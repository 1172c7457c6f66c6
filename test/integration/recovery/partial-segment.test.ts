import { chmod, cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { listWalClusters, listWal } from '../../../src/catalogue/wal-archive.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { archiveWal, backupCluster, recoverServer } from '../../../src/workflows/index.js';
import { askCluster } from '../../support/ask-cluster.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { waitUntil } from '../../support/wait-until.js';
import { runCli } from '../client/run-cli.js';

const { signal } = new AbortController();

/** A system whose server was lost with rows that are in the archiving worker's part of a segment, and in no store. */
async function loseServer(system: BackupSystem): Promise<void> {
  const { postgres, client } = system;
  await client.workflow.start<typeof archiveWal>('archiveWal', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'wal', args: [{ server: SERVER }] },
  });
  await client.workflow.execute<typeof backupCluster>('backupCluster', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'base', args: [{ server: SERVER }] },
  });
  await postgres.query('app', 'CREATE TABLE late AS SELECT generate_series(1, 1000) AS n');
  const [end] = await postgres.query<{ lsn: string }>(
    'app',
    'SELECT pg_current_wal_insert_lsn()::text AS lsn',
  );
  await waitUntil('the worker has received the rows', async () => {
    const query = 'SELECT FROM pg_stat_replication WHERE write_lsn >= $1::pg_lsn';
    return (await postgres.query('app', query, [end!.lsn])).length > 0;
  });
  await postgres.kill();
}

async function countPartials({ store }: BackupSystem): Promise<number> {
  const [cluster] = await listWalClusters(store, SERVER, signal);
  return (await listWal(store, cluster!, signal)).partials.size;
}

it('what only the archiving host had received comes back, by the break-glass command and by the workflow', async () => {
  await using system = await startBackupSystem({
    databases: ['app'],
    encryption: 'gpg',
    // Long enough that nobody ends the segment before the server is lost.
    server: { wal: { maxAge: '1h' } },
    configuration: { approvals: { provider: 'none' } },
  });
  const { client, postgres, scratch, environment, configurationFile, stagingDirectory, store } = system;
  await loseServer(system);
  await chmod(scratch, 0o711);
  const ask = (directory: string) => askCluster(postgres, directory, 'app', 'SELECT count(*) FROM late');
  const rescue = async (name: string, source: string[]) => {
    const into = join(scratch, name, 'data');
    await mkdir(join(scratch, name), { mode: 0o711 });
    const args = ['rescue', 'recover', '--latest', '--into', into, ...source];
    const { exitCode, stderr } = await runCli(args, environment);
    return { exitCode, stderr, into };
  };

  // With the archiver at work, and beside it.
  const spool = join(stagingDirectory, 'wal');
  const listReceived = async () =>
    (await readdir(spool, { recursive: true })).filter((path) => path.includes('/received/')).sort();
  const before = await listReceived();
  expect(before).toEqual([expect.stringMatching(/\/[0-9A-F]{24}\.partial$/)]);
  const there = await rescue('there', ['--config', configurationFile]);
  expect(there).toMatchObject({ exitCode: 0 });
  expect(await ask(there.into)).toBe('1000');
  expect(await listReceived()).toEqual(before);
  expect(await countPartials(system)).toBe(0);

  // From a copy of the staging volume, on a host that has nothing but the keys and the store's URL.
  const isKept = (path: string) => !/\/(outgoing|children)(\/|$)/.test(path);
  await cp(spool, join(scratch, 'copy', 'wal'), { recursive: true, filter: isKept });
  const keys = join(scratch, 'keys.asc');
  await system.key!.exportPrivateKeys(keys);
  const bare = ['--store', store.url, '--private-keys', keys];
  const elsewhere = await rescue('elsewhere', [...bare, '--spool', join(scratch, 'copy')]);
  expect(elsewhere).toMatchObject({ exitCode: 0 });
  expect(await ask(elsewhere.into)).toBe('1000');
  const wrong = await rescue('wrong', [...bare, '--spool', scratch]);
  expect(wrong).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('holds no WAL of server main') as string,
  });
  const without = await rescue('without', bare);
  expect(without).toMatchObject({ exitCode: 0 });
  await expect(ask(without.into)).rejects.toThrow('relation "late" does not exist');

  const directory = join(scratch, 'workflow', 'data');
  await mkdir(join(scratch, 'workflow'), { mode: 0o711 });
  await client.workflow.execute<typeof recoverServer>('recoverServer', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'recover' },
    args: [{ server: SERVER, into: { directory } }],
  });
  expect(await ask(directory)).toBe('1000');
  expect(await countPartials(system)).toBe(1);

  const archiver = client.workflow.getHandle('wal');
  await archiver.cancel();
  await archiver.result().catch(() => undefined);
  await execa('rm', ['-rf', spool]);
}, 600_000);
