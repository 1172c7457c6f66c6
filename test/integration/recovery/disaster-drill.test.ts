import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowFailedError, type ApplicationFailure } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/model/audit.js';
import type { DisasterDrillResult } from '../../../src/model/disaster-drill.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type {
  archiveWal,
  backupCluster,
  drillDisasterRecovery,
  pruneBackups,
  recoverServer,
} from '../../../src/workflows/index.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { readJson } from '../../support/read-json.js';

const { signal } = new AbortController();
let system: BackupSystem;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tb-cutover-'));
  // The server's files belong to another user, who must find the way to them.
  await chmod(scratch, 0o755);
  await writeScript('say', 'echo "$RECOVERED_SERVER $RECOVERED_DIRECTORY" >> "${0%/*}/said"');
  await writeScript('redirect', '[ ! -e "${0%/*}/broken" ] || { echo "gateway: no route" >&2; exit 3; }');
  system = await startBackupSystem({
    databases: ['app', 'other'],
    configuration: {
      approvals: { provider: 'none' },
      restore: {
        cutover: [
          { step: 'say where it is', command: [join(scratch, 'say')] },
          { step: 'redirect traffic', command: [join(scratch, 'redirect')] },
        ],
      },
    },
    server: { wal: { maxAge: '2s' }, checks: { app: ['SELECT count(*) = 3 FROM kept'] } },
  });
  // Nobody is told then when a commit is on the disk; a drill has to know all the same.
  await system.postgres.query('postgres', 'ALTER SYSTEM SET synchronous_commit = off');
  await system.postgres.query('postgres', 'SELECT pg_reload_conf()');
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
  await rm(scratch, { recursive: true, force: true });
});

async function writeScript(name: string, text: string): Promise<void> {
  await writeFile(join(scratch, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

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

const recover = (workflowId: string, directory: string) =>
  system.client.workflow.execute<typeof recoverServer>('recoverServer', {
    taskQueue: MAIN_QUEUE,
    workflowId,
    args: [{ server: SERVER, into: { directory } }],
  });

test('a lost server is recovered into a directory, and the steps of the cutover are taken in their order', async () => {
  const directory = join(scratch, 'recovered');
  const { handedOver, cutover } = await recover('recover-whole', directory);
  expect(handedOver?.directory).toBe(directory);
  expect(cutover.map(({ step }) => step)).toEqual(['say where it is', 'redirect traffic']);
  expect(await readFile(join(scratch, 'said'), 'utf8')).toBe(`${SERVER} ${directory}\n`);
  expect((await readdir(directory)).sort()).toEqual(expect.arrayContaining(['PG_VERSION', 'base']));
  expect(await listActions()).toEqual(
    expect.arrayContaining(['cutover say where it is', 'cutover redirect traffic']),
  );
});

test('a step of the cutover that fails is named with what is left to do; the recovered server stays', async () => {
  await writeFile(join(scratch, 'broken'), '');
  const directory = join(scratch, 'again');
  const error: unknown = await recover('recover-broken', directory).catch((thrown: unknown) => thrown);
  const cause = (error as WorkflowFailedError).cause as ApplicationFailure;
  expect(cause.type).toBe('CutoverFailed');
  expect(cause.message).toContain(`is recovered in ${directory}, and "redirect traffic" failed`);
  expect(cause.message).toContain('no route');
  expect(cause.message).toContain('Still to be done: redirect traffic');
  expect(await readdir(directory)).toContain('PG_VERSION');
});

/** What was done, as the audit events name it. */
async function listActions(): Promise<string[]> {
  const actions: string[] = [];
  for await (const { key } of system.store.list('audit/', signal)) {
    const { action, facts } = (await readJson(system.store, key)) as AuditEvent;
    actions.push(`${action} ${facts.step ?? ''}`.trim());
  }
  return actions;
}

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
