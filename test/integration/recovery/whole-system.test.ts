import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { RecoveryResult } from '../../../src/model/recovery.js';
import type { archiveWal, backupCluster } from '../../../src/workflows/index.js';
import { askCluster } from '../../support/ask-cluster.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { runCli } from '../client/run-cli.js';

/** A whole system that archives the WAL of its server, with one base backup. */
async function startSystem(): Promise<BackupSystem> {
  const system = await startBackupSystem({
    databases: ['app', 'other'],
    encryption: 'gpg',
    server: { wal: {} },
    configuration: { approvals: { provider: 'none' } },
  });
  const { workflow } = system.client;
  await workflow.start<typeof archiveWal>('archiveWal', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'wal-by-schedule',
    args: [{ server: SERVER }],
  });
  await workflow.execute<typeof backupCluster>('backupCluster', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'base-by-hand',
    args: [{ server: SERVER }],
  });
  return system;
}

/** Ends the archiver, so that its spool is no leftover. */
async function endArchiver({ client, stagingDirectory }: BackupSystem) {
  const archiver = client.workflow.getHandle('wal-by-schedule');
  await archiver.cancel();
  await archiver.result().catch(() => undefined);
  await execa('rm', ['-rf', join(stagingDirectory, 'wal')]);
}

const timeOf = async ({ postgres }: BackupSystem) => {
  const [row] = await postgres.query<{ time: string }>(
    'postgres',
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time`,
  );
  return row!.time;
};

it('brings one database back to the moment before a mistake, and a whole server as a directory', async () => {
  await using system = await startSystem();
  const { postgres, environment, configurationFile } = system;
  const recover = async (...args: string[]) => {
    const command = ['--config', configurationFile, '--json', 'recover', '--server', SERVER, ...args];
    const outcome = await runCli(command, environment);
    return {
      ...outcome,
      result: (outcome.exitCode === 0 ? JSON.parse(outcome.stdout) : {}) as RecoveryResult,
    };
  };
  await postgres.query('app', 'CREATE TABLE precious AS SELECT * FROM generate_series(1, 1000) AS number');
  const before = await timeOf(system);
  await postgres.query('app', 'DROP TABLE precious');
  await postgres.query('other', 'CREATE TABLE later AS SELECT 42 AS answer');

  const dry = await recover('--time', before, '--database', 'app', '--dry-run');
  expect(dry.result).toMatchObject({
    dryRun: true,
    plan: { target: { kind: 'time' }, baseBackup: { id: expect.stringMatching(/^base_/) as string } },
  });
  expect(dry.result.plan.wal.segments).toBeGreaterThan(0);

  const beside = await recover('--time', before, '--database', 'app', '--as', 'app_before');
  // A look a second: a short step may be over before the next one.
  expect(beside.stderr).toMatch(/recover\/main\/\S+ {2}(planning|download|unpack|replay|extract|restore)/);
  expect(beside.result.restored).toMatchObject({ database: 'app_before', tables: 1, rows: 1000 });
  expect(await postgres.query('app_before', 'SELECT count(*)::int AS rows FROM precious')).toEqual([
    { rows: 1000 },
  ]);
  expect(await postgres.query('app', `SELECT to_regclass('precious') AS there`)).toEqual([{ there: null }]);
  expect(await postgres.query('other', 'SELECT answer FROM later')).toEqual([{ answer: 42 }]);

  const swapped = await recover('--time', before, '--database', 'app', '--swap', '--yes');
  expect(await postgres.query('app', 'SELECT count(*)::int AS rows FROM precious')).toEqual([{ rows: 1000 }]);
  const undo = [...swapped.result.replaced!.undo.split(' ').slice(1), '--yes'];
  expect((await runCli(['--config', configurationFile, ...undo], environment)).exitCode).toBe(0);
  expect(await postgres.query('app', `SELECT to_regclass('precious') AS there`)).toEqual([{ there: null }]);

  const into = join(system.scratch, 'handed over', 'data');
  await mkdir(join(system.scratch, 'handed over'), { mode: 0o755 });
  const whole = await recover('--latest', '--into', into);
  expect(whole.result).toMatchObject({ handedOver: { directory: into }, reached: { timeline: 2 } });
  await execa('chmod', ['a+x', system.scratch]);
  expect(await askCluster(postgres, into, 'other', 'SELECT answer FROM later')).toBe('42');

  const again = await recover('--latest', '--into', into);
  expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is not empty') as string });
  const future = await recover('--time', '2100-01-01T00:00:00Z', '--database', 'app');
  expect(future).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('is in the future') as string,
  });
  const zoneless = await recover('--time', '2026-03-04T14:29:00', '--database', 'app');
  expect(zoneless.stderr).toContain('needs a time with its zone');
  const unknown = await recover('--time', before, '--database', 'nobody');
  expect(unknown).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /had no database "nobody" at .*; there were app, other, postgres/,
    ) as string,
  });
  await endArchiver(system);
}, 600_000);
