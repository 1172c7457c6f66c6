import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { listBaseBackups } from '../../../src/catalogue/base-backups.js';
import { listWal } from '../../../src/catalogue/wal-archive.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { RecoveryResult } from '../../../src/model/recovery.js';
import type { archiveWal, backupCluster, recoverToPointInTime } from '../../../src/workflows/index.js';
import { findFreePort } from '../../../tools/servers/free-port.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { waitUntil } from '../../support/wait-until.js';

const { signal } = new AbortController();

/** A standby of a server on its host, which is to have the server's port when that is gone. */
async function makeStandby(primary: PostgresServer) {
  const directory = await mkdtemp(join(tmpdir(), 'tb-standby-'));
  await chmod(directory, 0o777);
  const dataDirectory = join(directory, 'data');
  const asOwner = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const run = async (program: string, ...args: string[]) => {
    const [file = '', ...rest] = [...asOwner, join(primary.binDirectory, program), ...args];
    await execa(file, rest, { cwd: '/', stdin: 'ignore', env: { PGPASSFILE: passFile } });
  };
  const passFile = join(directory, 'pass');
  await writeFile(passFile, `*:*:*:*:${primary.password}\n`, { mode: 0o600 });
  if (asOwner.length > 0) await execa('chown', ['postgres:', passFile]);
  const source = `host=${primary.host} port=${primary.port} user=postgres passfile=${passFile}`;
  await run('pg_basebackup', `--pgdata=${dataDirectory}`, '-R', '--checkpoint=fast', `--dbname=${source}`);
  const control = [`--pgdata=${dataDirectory}`, '--wait', `--log=${join(directory, 'log')}`];
  const start = (port: number) =>
    run('pg_ctl', ...control, `--options=-c port=${port} -c unix_socket_directories=${directory}`, 'start');
  return {
    start,
    promote: () => run('pg_ctl', ...control, 'promote'),
    stop: () => run('pg_ctl', ...control, '--mode=fast', 'stop'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

const insert = async ({ postgres }: BackupSystem, what: string) => {
  await postgres.query('app', 'INSERT INTO written VALUES ($1)', [what]);
  const [row] = await postgres.query<{ time: string; lsn: string }>(
    'app',
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
            pg_current_wal_insert_lsn()::text AS lsn`,
  );
  return row!;
};

it('a standby that was promoted is archived on its timeline, and every moment before and after can be had', async () => {
  await using primary = await startPostgres();
  await primary.query('postgres', 'CREATE DATABASE app');
  await primary.query('app', 'CREATE TABLE written (what text)');
  await using system = await startBackupSystem({
    postgres: primary,
    databases: ['app'],
    server: { wal: { maxAge: '1s' } },
    configuration: { approvals: { provider: 'none' } },
  });
  const { client, store, stagingDirectory, postgres } = system;
  await client.workflow.start<typeof archiveWal>('archiveWal', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'wal', args: [{ server: SERVER }] },
  });
  await client.workflow.execute<typeof backupCluster>('backupCluster', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'base', args: [{ server: SERVER }] },
  });
  await insert(system, 'first');
  const standby = await makeStandby(primary);
  try {
    await standby.start(await findFreePort());
    const before = await insert(system, 'before');
    await insert(system, 'last of the primary');
    await waitUntil('the standby has it', async () => {
      const query = `SELECT FROM pg_stat_replication WHERE application_name = 'walreceiver' AND replay_lsn >= pg_current_wal_lsn()`;
      return (await postgres.query('postgres', query)).length > 0;
    });
    await primary.kill();
    await standby.promote();
    // It takes the address of the lost one.
    await standby.stop();
    await standby.start(primary.port);
    await waitUntil('it answers', () =>
      postgres.query('app', 'SELECT').then(
        () => true,
        () => false,
      ),
    );
    const after = await insert(system, 'after');
    await insert(system, 'last of all');
    const [{ systemIdentifier } = { systemIdentifier: '' }] = await listBaseBackups(store, SERVER, signal);
    await waitUntil(
      'the new timeline is archived',
      async () => {
        const { segments, historyFiles } = await listWal(store, { server: SERVER, systemIdentifier }, signal);
        return (
          historyFiles.has('00000002.history') &&
          [...segments.keys()].some((name) => name.startsWith('00000002'))
        );
      },
      120,
    );

    let count = 0;
    const recover = async (target: object): Promise<[number | undefined, unknown[]]> => {
      const database = `app_${(count += 1)}`;
      const result: RecoveryResult = await client.workflow.execute<typeof recoverToPointInTime>(
        'recoverToPointInTime',
        {
          ...{ taskQueue: MAIN_QUEUE, workflowId: `recover-${count}` },
          args: [{ server: SERVER, database: 'app', into: { database }, ...target }],
        },
      );
      const rows = await postgres.query<{ what: string }>(database, 'SELECT what FROM written');
      return [result.plan.wal.timeline, rows.map(({ what }) => what)];
    };
    const upToBefore = ['first', 'before'];
    const upToAfter = [...upToBefore, 'last of the primary', 'after'];
    expect((await recover({ targetTime: before.time }))[1]).toEqual(upToBefore);
    expect(await recover({ targetTime: after.time })).toEqual([2, upToAfter]);
    expect(await recover({ targetLsn: before.lsn })).toEqual([2, upToBefore]);
    expect(await recover({ targetLsn: after.lsn })).toEqual([2, upToAfter]);
    expect(await recover({ latest: true })).toEqual([2, [...upToAfter, 'last of all']]);
  } finally {
    const archiver = client.workflow.getHandle('wal');
    await archiver.cancel();
    await archiver.result().catch(() => undefined);
    await execa('rm', ['-rf', join(stagingDirectory, 'wal')]);
    await standby.stop().catch(() => undefined);
    await standby.remove();
  }
}, 600_000);
