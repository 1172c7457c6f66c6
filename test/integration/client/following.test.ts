import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { beforeAll, expect, test } from 'vitest';
import type { BackupsResult } from '../../../src/model/results.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import { startBackupSystem, type BackupSystemOptions } from '../../support/backup-system.js';
import { shareInFile } from '../../support/share-in-file.js';
import { makeNamespace } from '../../support/temporal-namespace.js';
import { waitUntil } from '../../support/wait-until.js';
import { holdFirstRun, makeWrappedPrograms } from '../../support/wrapped-programs.js';
import { startCli } from './run-cli.js';

const postgres = shareInFile(startPostgres);
const temporal = shareInFile(startTemporalDevServer);
beforeAll(async () => {
  await postgres().query('postgres', 'CREATE DATABASE app');
  await postgres().query('app', 'CREATE TABLE rows AS SELECT n FROM generate_series(1, 100000) n');
});

/** A system, and the environment in which the CLI finds it. */
async function startSystem(options: Partial<BackupSystemOptions>) {
  const system = await startBackupSystem({
    databases: ['app'],
    postgres: postgres(),
    temporal: await makeNamespace(temporal()),
    ...options,
  });
  const environment = { ...system.environment, TEMPONEST_BACKUPS_CONFIG: system.configurationFile };
  return { ...system, environment };
}

/** Resolves when standard error has a line that fits. */
async function lineOf(child: ReturnType<typeof startCli>, pattern: RegExp): Promise<string> {
  for await (const line of createInterface(child.stderr)) if (pattern.test(line)) return line;
  throw new Error(`No line fits ${pattern}.`);
}

test.concurrent('Ctrl-C detaches: the run goes on, can be watched again, and status shows it', async () => {
  await using programs = await makeWrappedPrograms();
  const pgDump = await programs.wrap({
    name: 'pg_dump',
    from: postgres().binDirectory,
    script: holdFirstRun,
  });
  await using system = await startSystem({ programDirectories: [programs.directory] });
  const { environment } = system;

  const followed = startCli(['backup'], environment);
  await pgDump.held();
  await lineOf(followed, /^app {2}dump/);
  followed.kill('SIGINT');
  const detached = await followed;
  expect({ code: detached.exitCode, stdout: detached.stdout }).toEqual({ code: 130, stdout: '' });
  const [, workflowId] = /^The run goes on as workflow (\S+)\.$/m.exec(detached.stderr)!;
  expect(detached.stderr).toContain(`temponest-backups backup --follow '${workflowId}'`);
  expect(detached.stderr).toContain(`temporal workflow cancel --workflow-id '${workflowId}'`);
  const handle = system.client.workflow.getHandle(workflowId!);
  expect((await handle.describe()).status.name).toBe('RUNNING');

  const running = await waitUntil('the run is listed', async () => {
    const { stdout } = await startCli(['status'], environment);
    return stdout.includes(workflowId!) && stdout;
  });
  expect(running).toContain('Running: backupDatabase temponest-backups/main/database/app');

  const again = startCli(['backup', '--follow', workflowId!, '--json'], environment);
  // What pg_dump has written so far, by the worker's heartbeat.
  await lineOf(again, /^app {2}dump [1-9][\d.]* [kM]B\/[1-9][\d.]* MB$/);
  await pgDump.release();
  const { exitCode, stdout } = await again;
  expect(exitCode).toBe(0);
  expect((JSON.parse(stdout) as BackupsResult).backups).toMatchObject([
    { database: 'app', outcome: 'committed' },
  ]);
});

test.concurrent('without a worker that is said, and the run waits for one', async () => {
  await using system = await startSystem({ startWorker: false });
  const { environment } = system;
  const followed = startCli(['backup', 'app'], environment);
  expect(await lineOf(followed, /^No worker/)).toBe(
    'No worker answers on task queue temponest-backups; start one with "temponest-backups worker", the run waits for it.',
  );
  await system.worker.start();
  const { exitCode, stderr } = await followed;
  expect(exitCode).toBe(0);
  expect(stderr).not.toContain('Warning');
});

test.concurrent('the worker command runs a backup and ends at SIGTERM', async () => {
  await using system = await startSystem({ startWorker: false });
  const { environment } = system;
  const worker = startCli(['worker'], environment);
  try {
    expect(await startCli(['backup', 'app', '--reason', 'worker command'], environment)).toMatchObject({
      exitCode: 0,
    });
  } finally {
    worker.kill('SIGTERM');
  }
  const { exitCode, stdout, stderr } = await worker;
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  for (const line of stderr.split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
});

test.concurrent('a run that is terminated in Temporal ends the command with exit code 1', async () => {
  await using system = await startSystem({ startWorker: false });
  const { environment } = system;
  const { stdout } = await startCli(['backup', '--detach', '--json'], environment);
  const { workflowId } = JSON.parse(stdout) as { workflowId: string };
  const followed = startCli(['backup', '--follow', workflowId, '--json'], environment);
  await once(followed.stderr, 'data');
  await system.client.workflow.getHandle(workflowId).terminate('test');
  const outcome = await followed;
  expect(outcome.exitCode).toBe(1);
  expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { type: 'Terminated' } });
});
