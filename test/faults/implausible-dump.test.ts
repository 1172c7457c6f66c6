import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAIN_QUEUE } from '../../src/model/queues.js';
import type { pruneBackups } from '../../src/workflows/index.js';
import { startPostgres, type PostgresServer } from '../../tools/servers/postgres.js';
import { waitForFailedAttempt } from '../support/activity-attempts.js';
import { startBackupSystem, type BackupSystem } from '../support/backup-system.js';
import { expectOneWholeBackup } from '../support/whole-backup.js';
import { failureOf } from '../support/workflow-failure.js';
import {
  makeWrappedPrograms,
  onlyCount,
  type WrappedProgram,
  type WrappedPrograms,
} from '../support/wrapped-programs.js';

let postgres: PostgresServer;
let programs: WrappedPrograms;
let pgDump: WrappedProgram;
let system: BackupSystem;
let goodBackup: string;

// A good backup is there before pg_dump begins to misbehave, and must be there, alone, after each case.
beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE app');
  await postgres.query('app', 'CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) n');
  programs = await makeWrappedPrograms();
  pgDump = await programs.wrap({ name: 'pg_dump', from: postgres.binDirectory, script: onlyCount });
  system = await startBackupSystem({
    databases: ['app'],
    postgres,
    programDirectories: [programs.directory],
  });
  goodBackup = (await (await system.startBackup('app')).result()).backupId;
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await programs[Symbol.asyncDispose]();
  await postgres.stop();
});

const cases: [what: string, fault: { script: string; type: string; message: string }][] = [
  [
    'ends with exit code 1',
    {
      script: 'echo "pg_dump: error: something broke" >&2; exit 1',
      type: 'ProgramFailed',
      message: 'pg_dump failed with exit code 1: pg_dump: error: something broke; see the worker log.',
    },
  ],
  [
    'is killed',
    {
      script: '"$real" "$@"; kill -KILL $$',
      type: 'ProgramFailed',
      message: 'pg_dump was ended by SIGKILL; see the worker log.',
    },
  ],
  [
    'says success and has written nothing',
    {
      script: 'exit 0',
      type: 'DumpImplausible',
      message: 'its table of contents cannot be read',
    },
  ],
  [
    'says success and has made an empty directory',
    {
      script: 'mkdir "$output"',
      type: 'DumpImplausible',
      message: 'its table of contents cannot be read',
    },
  ],
  [
    'leaves a table of contents that cannot be read',
    {
      script: '"$real" "$@"; echo nonsense > "$output/toc.dat"',
      type: 'DumpImplausible',
      message: 'its table of contents cannot be read',
    },
  ],
  [
    'leaves out the data of a table',
    {
      script: '"$real" "$@"; rm "$output"/[0-9]*.dat',
      type: 'DumpImplausible',
      message: 'table "public"."kept" has no whole data file',
    },
  ],
  [
    'leaves a data file that is cut off',
    {
      script: '"$real" "$@"; truncate --size=-10 "$output"/[0-9]*.dat',
      type: 'DumpImplausible',
      message: 'table "public"."kept" has no whole data file',
    },
  ],
];

test.each(cases)('a pg_dump that %s never makes a backup', async (_what, { script, type, message }) => {
  await pgDump.use(script);
  const backup = await system.startBackup('app');
  const failure = await waitForFailedAttempt(backup, 'dump');
  await backup.cancel();
  expect(await failureOf(backup)).toMatchObject({ type: 'Cancelled' });
  expect(failure).toMatchObject({ type, message: expect.stringContaining(message) as string });

  const pruned = await system.client.workflow.execute<typeof pruneBackups>('pruneBackups', {
    taskQueue: MAIN_QUEUE,
    workflowId: `prune-${crypto.randomUUID()}`,
    args: [{}],
  });
  expect(pruned).toMatchObject({ kept: 1, deleted: 0, orphansSwept: 0 });
  await expectOneWholeBackup(system, goodBackup);
  expect(await system.listStaging()).toEqual([]);
});
