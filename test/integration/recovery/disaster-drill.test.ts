import { WorkflowFailedError, type ApplicationFailure } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DisasterDrillResult } from '../../../src/model/disaster-drill.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type {
  archiveWal,
  backupCluster,
  drillDisasterRecovery,
  pruneBackups,
} from '../../../src/workflows/index.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { readJson } from '../../support/read-json.js';

const { signal } = new AbortController();
let system: BackupSystem;

beforeAll(async () => {
  system = await startBackupSystem({
    databases: ['app', 'other'],
    encryption: 'gpg',
    server: { wal: { maxAge: '2s' }, checks: { app: ['SELECT count(*) = 3 FROM kept'] } },
  });
  await system.postgres.query('app', 'CREATE TABLE kept AS SELECT generate_series(1, 3) AS n');
  await system.client.workflow.start<typeof archiveWal>('archiveWal', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'wal',
    args: [{ server: SERVER }],
  });
  await system.client.workflow.execute<typeof backupCluster>('backupCluster', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'base',
    args: [{ server: SERVER }],
  });
});
afterAll(async () => {
  const archiver = system.client.workflow.getHandle('wal');
  await archiver.cancel();
  await archiver.result().catch(() => undefined);
  await system[Symbol.asyncDispose]();
});

const drill = (workflowId: string) =>
  system.client.workflow.execute<typeof drillDisasterRecovery>('drillDisasterRecovery', {
    taskQueue: MAIN_QUEUE,
    workflowId,
    args: [{ server: SERVER }],
  });

/** A drill that must end as `DrillFailed`. */
async function failingDrill(workflowId: string): Promise<{ message: string; result: DisasterDrillResult }> {
  const error: unknown = await drill(workflowId).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const cause = (error as WorkflowFailedError).cause as ApplicationFailure;
  expect(cause.type).toBe('DrillFailed');
  return { message: cause.message, result: cause.details![0] as DisasterDrillResult };
}

test('the server comes back with what was committed last, and both losses are measured', async () => {
  const result = await drill('drill-whole');

  expect(result.check).toEqual({
    canary: 'recovered',
    databases: ['app', 'other', 'postgres'].map((database) => ({ database, outcome: 'passed', said: [] })),
  });
  expect(result.rpoSeconds).toBeGreaterThan(0);
  expect(result.rpoHostAliveSeconds).toBeGreaterThanOrEqual(0);
  expect(result.rpoHostAliveSeconds).toBeLessThanOrEqual(result.rpoSeconds!);
  const { planning, download, unpack, replay } = result.secondsPerStep;
  expect(result.rtoSeconds).toBeCloseTo(planning! + download! + unpack! + replay!, 5);
  expect(await readJson(system.store, result.reportKey)).toMatchObject({
    id: result.drillId,
    rtoSeconds: result.rtoSeconds,
    check: { canary: 'recovered' },
  });
  const page = await system.store.getDocument(result.reportKey.replace(/json$/, 'md'), signal);
  expect(page!.toString()).toContain('**The server came back**');
  expect((await system.listStaging()).filter((path) => !path.startsWith('wal/'))).toEqual([]);
});

test('retention goes by the reports of other drills and is not disturbed by this one', async () => {
  await expect(
    system.client.workflow.execute<typeof pruneBackups>('pruneBackups', {
      taskQueue: MAIN_QUEUE,
      workflowId: 'prune',
      args: [{ server: SERVER, dryRun: true }],
    }),
  ).resolves.toMatchObject({ deleted: 0 });
});

test('a check that is not true in the recovered server fails the drill, which says which', async () => {
  await system.postgres.query('app', 'DELETE FROM kept WHERE n = 1');
  const { message, result } = await failingDrill('drill-check');
  expect(message).toContain('SELECT count(*) = 3 FROM kept');
  expect(result.check.databases.find(({ database }) => database === 'app')?.outcome).toBe('failed');
});

test('a server that is gone is recovered all the same, and the drill does not claim that nothing was lost', async () => {
  await system.postgres.query('app', 'INSERT INTO kept VALUES (1)');
  // A drill waits until its own transaction, which is later, is archived.
  await drill('drill-before');
  await system.postgres.stop();
  const { message, result } = await failingDrill('drill-gone');
  expect(result.check.canary).toBe('notSent');
  expect(message).toContain('could not be asked');
  expect(result.check.databases.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed']);
  expect(result).not.toHaveProperty('rpoSeconds');
});
