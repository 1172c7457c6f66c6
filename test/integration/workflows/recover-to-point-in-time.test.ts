import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { RecoverToPointInTimeArgument } from '../../../src/model/arguments.js';
import { MAIN_QUEUE, operationId } from '../../../src/model/queues.js';
import type { RecoveryProgress, RecoveryResult } from '../../../src/model/recovery.js';
import type { WalPlan } from '../../../src/model/wal-plan.js';
import { waitUntil } from '../../support/wait-until.js';
import {
  countCalls,
  describeRun,
  failure,
  failureOf,
  LIVE,
  makeRecoveryPlan,
  makeSteps,
  serve,
  stepNames as allStepNames,
  untilCancelled,
  useWorkflowTests,
  type Steps,
} from './workflow-tests.js';

/** Without the telling of how it ended, which goes on by itself. */
const stepNames = (made: Parameters<typeof allStepNames>[0]) =>
  allStepNames(made).filter((name) => name !== 'listChannels' && name !== 'notify');

useWorkflowTests();

let count = 0;
const newDatabase = () => `recovered-${(count += 1)}`;

async function start(made: Steps, argument: RecoverToPointInTimeArgument) {
  const client = await serve(made);
  return (await client.workflow.start('recoverToPointInTime', {
    taskQueue: MAIN_QUEUE,
    workflowId: `recover-${(count += 1)}`,
    args: [{ targetTime: '2026-05-03T14:29:00Z', ...argument }],
  })) as WorkflowHandle<() => Promise<RecoveryResult>>;
}

const progressOf = (handle: WorkflowHandle) => handle.query<RecoveryProgress>('progress');
const isWaiting = (handle: WorkflowHandle) =>
  waitUntil('it waits for approval', async () => (await progressOf(handle)).step === 'approval');
const approve = (handle: WorkflowHandle, approver: string) =>
  handle.signal('approval_signal', { status: 'approved', approver });

const recovery = ['planRecovery', 'reserveRecoveryStaging', 'downloadBase', 'unpackBase', 'replayWal'];
const clearing = ['releaseRecoveryStaging', 'recordAudit'];
/** With one approval, which is written down. */
const approved = ['planRecovery', 'recordAudit', ...recovery.slice(1)];

describe('a recovery of one database', () => {
  it('takes it out of the recovered server, restores it beside the live one, and is audited', async () => {
    const made = makeSteps();
    const handle = await start(made, {
      database: newDatabase(),
      requestedBy: 'ann',
      reason: 'a bad migration',
    });
    const result = await handle.result();
    expect(stepNames(made)).toEqual([...recovery, 'extract', 'restore', 'compare', ...clearing]);
    expect(result).toMatchObject({
      dryRun: false,
      reached: { timeline: 2 },
      restored: { rows: 30 },
      approvedBy: [],
    });
    expect(made.audited).toMatchObject([
      {
        action: 'recover',
        outcome: 'committed',
        requestedBy: 'ann',
        facts: { target: '2026-05-03T14:29:00Z' },
      },
    ]);
    expect(await describeRun(handle.workflowId)).toMatchObject({
      status: 'COMPLETED',
      memo: { BackupKind: 'database', BackupId: result.plan.id },
    });
  });

  it('answers a dry run with the plan, and does nothing', async () => {
    const made = makeSteps();
    const result = await (
      await start(made, { database: newDatabase(), dryRun: true, mode: 'swap' })
    ).result();
    expect(stepNames(made)).toEqual(['planRecovery']);
    expect(result).toMatchObject({ dryRun: true, plan: { outcome: { mode: 'swap' } } });
  });

  it('replaces the live one when two people have agreed', async () => {
    const made = makeSteps();
    const handle = await start(made, { database: newDatabase(), mode: 'swap' });
    await isWaiting(handle);
    await approve(handle, 'ann');
    await approve(handle, 'ann');
    await waitUntil(
      'ann is counted once',
      async () => (await progressOf(handle)).approvals?.approvedBy.length === 1,
    );
    expect(countCalls(made, 'reserveRecoveryStaging')).toBe(0);
    await approve(handle, 'bob');
    const result = await handle.result();
    expect(result).toMatchObject({
      approvedBy: ['ann', 'bob'],
      replaced: { undo: expect.any(String) as string },
    });
    expect(stepNames(made).slice(-3)).toEqual(['swap', ...clearing]);
  });

  it.each(['restore', 'compare'] as const)('that fails in %s removes what it made', async (step) => {
    const made = makeSteps({ [step]: () => Promise.reject(failure('InventoryMismatch')) });
    const handle = await start(made, { database: newDatabase() });
    expect(await failureOf(handle.result())).toMatchObject({ type: 'InventoryMismatch' });
    const own = stepNames(made);
    expect(own.slice(-3)).toEqual(['discardRestored', ...clearing]);
  });

  it('that fails before a database was made drops none', async () => {
    const made = makeSteps({ replayWal: () => Promise.reject(failure('RecoveryFailed')) });
    await failureOf((await start(made, { database: newDatabase() })).result());
    expect(countCalls(made, 'discardRestored')).toBe(0);
    expect(countCalls(made, 'releaseRecoveryStaging')).toBe(1);
  });

  it('that is cancelled ends its step, removes what it made and frees the database', async () => {
    const made = makeSteps({ replayWal: untilCancelled });
    const database = newDatabase();
    const handle = await start(made, { database });
    await waitUntil('it replays', () => countCalls(made, 'replayWal') === 1);
    await handle.cancel();
    await failureOf(handle.result());
    expect(stepNames(made).slice(-2)).toEqual(clearing);
    expect(made.audited).toMatchObject([{ outcome: 'cancelled' }]);
    const id = operationId({ kind: 'database', server: 'main', database });
    expect(await describeRun(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('names what the target lacks once that is known, and has made no database', async () => {
    const made = makeSteps();
    const { extract } = made.activities;
    made.activities.extract = async (...args) => ({
      ...(await extract(...args)),
      missing: { roles: ['app'], extensions: [], stagingBytes: 0 },
    });
    const { type, message } = await failureOf((await start(made, { database: newDatabase() })).result());
    expect(type).toBe('TargetUnfit');
    expect(message).toContain('lacks role app');
    expect(message).not.toContain('createRoles');
    expect(countCalls(made, 'restore')).toBe(0);
  });
});

describe('a recovery of a whole server', () => {
  it('is handed over as a directory when one person has agreed', async () => {
    const made = makeSteps();
    const handle = await start(made, { into: { directory: '/recovered/data' } });
    await isWaiting(handle);
    await approve(handle, 'cyd');
    const result = await handle.result();
    expect(stepNames(made)).toEqual([...approved, 'handOver', ...clearing]);
    expect(result).toMatchObject({ handedOver: { directory: '/recovered/data' }, approvedBy: ['cyd'] });
    expect(result.restored).toBeUndefined();
  });

  it('is carried into an empty server, which is completed at once when all of it was compared', async () => {
    const made = makeSteps();
    const handle = await start(made, { into: { server: 'new' } });
    await isWaiting(handle);
    await approve(handle, 'cyd');
    const result = await handle.result();
    const one = ['extractOfServer', 'restore', 'compare'];
    expect(stepNames(made)).toEqual([
      ...[...approved, 'outlineServer', 'createServerRoles', ...one, ...one],
      ...['completeServer', ...clearing],
    ]);
    expect(result.filled).toEqual({
      ...{ server: 'new', roles: 2, databases: ['agentic', 'postgres'] },
      ...{ tables: 6, rows: 60, bytes: 1800, notes: [] },
    });
    expect(made.audited).toMatchObject([
      { action: 'approval', server: 'main', outcome: 'approved', facts: { approver: 'cyd' } },
      { action: 'recover', server: 'new', facts: { recovered: 'main' } },
    ]);
  });

  it('that fails on its way into a server leaves nothing there', async () => {
    const made = makeSteps({ compare: () => Promise.reject(failure('InventoryMismatch')) });
    const handle = await start(made, { into: { server: 'new' } });
    await isWaiting(handle);
    await approve(handle, 'cyd');
    expect(await failureOf(handle.result())).toMatchObject({ type: 'InventoryMismatch' });
    const own = stepNames(made);
    expect(own.slice(-3)).toEqual(['discardServer', ...clearing]);
  });

  it('that is cancelled on its way into a server leaves nothing there', async () => {
    const held = makeSteps({ restore: untilCancelled });
    const cancelled = await start(held, { into: { server: 'new' } });
    await isWaiting(cancelled);
    await approve(cancelled, 'cyd');
    await waitUntil('it restores', () => countCalls(held, 'restore') === 1);
    await cancelled.cancel();
    await failureOf(cancelled.result());
    expect(stepNames(held).slice(-3)).toEqual(['discardServer', ...clearing]);
    expect(countCalls(held, 'completeServer')).toBe(0);
  });

  it('is refused before anybody is asked when the staging volume is too small', async () => {
    const made = makeSteps({
      planRecovery: (argument) =>
        Promise.resolve({ ...makeRecoveryPlan(argument), missingStagingBytes: 1000 }),
    });
    const handle = await start(made, { into: { directory: '/recovered/data' } });
    expect(await failureOf(handle.result())).toMatchObject({ type: 'StagingTooSmall' });
    expect(countCalls(made, 'reserveRecoveryStaging')).toBe(0);
  });
});

it.each([
  [{ targetTime: '2026-05-03T14:29:00' }, /targetTime: needs a time with its zone/],
  [{ latest: true as const }, /exactly one of targetTime/],
])('refuses %j without a step', async (argument, message) => {
  const made = makeSteps();
  const handle = await start(made, argument);
  expect(await failureOf(handle.result())).toMatchObject({
    type: 'InvalidArgument',
    message: expect.stringMatching(message) as string,
  });
  expect(countCalls(made, 'planRecovery')).toBe(0);
});

describe('a recovery from a server that is gone', () => {
  const host: WalPlan = {
    ...{ server: 'main', systemIdentifier: '7520361935213404212', segmentBytes: 1 << 24, major: 16 },
    source: { kind: 'stream', slot: 'temponest_backups', maxAgeSeconds: 60 },
    compression: { method: 'zstd', level: 1 },
    ...{ encryption: { method: 'none' }, primaryStore: 'primary', queue: LIVE, heartbeatSeconds: 30 },
  };

  it.each([
    ['ends too early', () => Promise.reject(failure('TargetOutOfWindow'))],
    [
      'may not have all',
      (argument: RecoverToPointInTimeArgument) =>
        Promise.resolve({ ...makeRecoveryPlan(argument), isUpToDate: false }),
    ],
  ])('whose archive %s has the worker that received its WAL ship the rest first', async (_, planFirst) => {
    let plans = 0;
    const made = makeSteps({
      planRecovery: (argument) => {
        plans += 1;
        return plans === 1 ? planFirst(argument) : Promise.resolve(makeRecoveryPlan(argument));
      },
      findWalHost: () => Promise.resolve(host),
      shipPartialWal: () =>
        Promise.resolve({ file: '000000010000000000000006.00001000.partial', lsn: '0/6001000' }),
    });
    await (await start(made, { server: 'main', database: newDatabase() })).result();
    expect(stepNames(made).slice(0, 4)).toEqual([
      'planRecovery',
      'findWalHost',
      'shipPartialWal',
      'planRecovery',
    ]);
  });

  it('and whose archiving worker is gone as well is refused with the window', async () => {
    const made = makeSteps({
      planRecovery: () => Promise.reject(failure('TargetOutOfWindow', 'from here to there')),
    });
    const handle = await start(made, { server: 'main', database: newDatabase() });
    expect(await failureOf(handle.result())).toMatchObject({
      type: 'TargetOutOfWindow',
      message: 'from here to there',
    });
  });
});
