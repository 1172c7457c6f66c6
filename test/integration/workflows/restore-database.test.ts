import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { ApprovalAnswer } from '../../../src/model/approval.js';
import type { RestoreDatabaseArgument } from '../../../src/model/arguments.js';
import { MAIN_QUEUE, operationId, stagingQueue } from '../../../src/model/queues.js';
import type { RestoreProgress, RestoreResult } from '../../../src/model/restore.js';
import { waitUntil } from '../../support/wait-until.js';
import { HURRIED } from './hurried-runs.js';
import {
  countCalls,
  describeRun,
  failure,
  failureOf,
  makeRestorePlan,
  makeSteps,
  notificationsOf,
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
const newDatabase = () => `restored-${(count += 1)}`;

async function start(made: Steps, argument: Partial<RestoreDatabaseArgument> = {}) {
  const client = await serve(made);
  const database = argument.database ?? newDatabase();
  return (await client.workflow.start('restoreDatabase', {
    taskQueue: MAIN_QUEUE,
    workflowId: `restore-${database}-${(count += 1)}`,
    args: [{ ...argument, database }],
  })) as WorkflowHandle<() => Promise<RestoreResult>>;
}

const progressOf = (handle: WorkflowHandle) => handle.query<RestoreProgress>('progress');
const isWaiting = (handle: WorkflowHandle) =>
  waitUntil('it waits for approval', async () => (await progressOf(handle)).step === 'approval');
const approve = (handle: WorkflowHandle, approver: string, status = 'approved') =>
  handle.signal('approval_signal', { status, approver });

const work = ['reserveRestoreStaging', 'download', 'unpack', 'restore', 'compare'];

describe('a restore', () => {
  it('goes through its steps in their order, says what it made, and is audited', async () => {
    const made = makeSteps();
    const handle = await start(made, { requestedBy: 'ann', reason: 'to look' });
    const result = await handle.result();
    expect(stepNames(made)).toEqual(['planRestore', ...work, 'releaseRestoreStaging', 'recordAudit']);
    expect(result).toMatchObject({
      dryRun: false,
      restored: { server: 'main', tables: 3, rows: 30 },
      approvedBy: [],
    });
    expect(result.restored!.database).toBe(result.plan.into.database);
    expect(made.audited).toMatchObject([
      { action: 'restore', outcome: 'committed', requestedBy: 'ann', reason: 'to look' },
    ]);
    expect(await describeRun(handle.workflowId)).toMatchObject({
      status: 'COMPLETED',
      memo: { BackupId: result.plan.backup.id },
    });
  });

  it('answers a dry run with the plan, and does nothing', async () => {
    const made = makeSteps();
    const result = await (await start(made, { dryRun: true, mode: 'swap' })).result();
    expect(stepNames(made)).toEqual(['planRestore']);
    expect(result).toMatchObject({ dryRun: true, plan: { mode: 'swap' } });
  });

  it('tells nobody of a dry run that fails', async () => {
    const made = makeSteps({ planRestore: () => Promise.reject(failure('BackupNotFound')) });
    const run = await start(made, { dryRun: true });
    expect((await failureOf(run.result())).type).toBe('BackupNotFound');
    expect(await notificationsOf(made, run.workflowId)).toEqual([]);
  });

  it('tells in words of one that fails before anything is known of it, and shows its server', async () => {
    const made = makeSteps({ planRestore: () => Promise.reject(failure('BackupNotFound')) });
    const run = await start(made, { server: 'main', database: 'agentic' });
    await failureOf(run.result());
    expect(await notificationsOf(made, run.workflowId)).toMatchObject([
      { type: 'restore.failed', server: 'main', what: 'The restore of agentic on server main' },
    ]);
    expect(await describeRun(run.workflowId)).toMatchObject({ memo: { BackupServer: 'main' } });
  });

  it('names everything that the target lacks before anything starts', async () => {
    const made = makeSteps({
      planRestore: (argument) =>
        Promise.resolve({
          ...makeRestorePlan(argument),
          missing: { roles: ['app', 'reader'], extensions: ['vector'], stagingBytes: 0 },
        }),
    });
    const { type, message } = await failureOf((await start(made)).result());
    expect(type).toBe('TargetUnfit');
    expect(message).toMatch(/roles app, reader, extension vector; .*createRoles/);
    expect(countCalls(made, 'reserveRestoreStaging')).toBe(0);
    expect(made.audited).toMatchObject([{ outcome: 'failed', failure: { type: 'TargetUnfit' } }]);
  });

  it('makes the roles that are missing when it is asked to', async () => {
    const made = makeSteps({
      planRestore: (argument) =>
        Promise.resolve({
          ...makeRestorePlan(argument),
          createRoles: true,
          missing: { roles: ['app'], extensions: [], stagingBytes: 0 },
        }),
    });
    await (await start(made)).result();
    expect(stepNames(made)).toContain('createRoles');
  });

  it.each(['restore', 'compare'] as const)('that fails in %s removes what it made', async (step) => {
    const made = makeSteps({ [step]: () => Promise.reject(failure('InventoryMismatch')) });
    const { type } = await failureOf((await start(made)).result());
    expect(type).toBe('InventoryMismatch');
    const itsOwn = stepNames(made);
    expect(itsOwn.slice(-3)).toEqual(['discardRestored', 'releaseRestoreStaging', 'recordAudit']);
  });

  it('that fails before it made anything drops nothing', async () => {
    const made = makeSteps({ unpack: () => Promise.reject(failure('KeyUnusable')) });
    await failureOf((await start(made)).result());
    expect(countCalls(made, 'discardRestored')).toBe(0);
    expect(countCalls(made, 'releaseRestoreStaging')).toBe(1);
  });

  it('that is cancelled ends its step, removes what it made and frees the database', async () => {
    const made = makeSteps({ restore: untilCancelled });
    const database = newDatabase();
    const handle = await start(made, { database });
    await waitUntil('it restores', () => countCalls(made, 'restore') === 1);
    await handle.cancel();
    await failureOf(handle.result());
    expect(stepNames(made).slice(-3)).toEqual(['discardRestored', 'releaseRestoreStaging', 'recordAudit']);
    expect(made.audited).toMatchObject([{ outcome: 'cancelled' }]);
    const id = operationId({ kind: 'database', server: 'main', database });
    expect(await describeRun(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('is refused while another one of the same database runs', async () => {
    const made = makeSteps({ restore: untilCancelled });
    const database = newDatabase();
    const first = await start(made, { database });
    await waitUntil('it restores', () => countCalls(made, 'restore') === 1);
    const second = await first.client.start('restoreDatabase', {
      taskQueue: MAIN_QUEUE,
      workflowId: `${first.workflowId}-again`,
      args: [{ database }],
    });
    expect(await failureOf(second.result())).toMatchObject({ type: 'AlreadyRunning' });
    expect(countCalls(made, 'discardRestored')).toBe(0);
    await first.cancel();
    await failureOf(first.result());
  });
});

describe('a restore whose staging host is gone', () => {
  /** Answers with a queue that nobody serves, so many times; the clock does not jump over the wait for it. */
  function withDeadHosts(dead: number): Steps {
    let reserved = 0;
    const { reserveRestoreStaging } = makeSteps().activities;
    return makeSteps({
      planRestore: (argument) => Promise.resolve({ ...makeRestorePlan(argument), heartbeatSeconds: 0.1 }),
      reserveRestoreStaging: (plan) =>
        (reserved += 1) <= dead
          ? Promise.resolve({ queue: stagingQueue(`dead-${newDatabase()}`) })
          : reserveRestoreStaging(plan),
    });
  }

  it.each([1, 2])('%i times is begun again on another, from the same plan', async (dead) => {
    const made = withDeadHosts(dead);
    const { restored, plan } = await (await start(made)).result();
    expect(restored).toMatchObject({ database: plan.into.database, rows: 30 });
    expect(countCalls(made, 'planRestore')).toBe(1);
    expect(countCalls(made, 'reserveRestoreStaging')).toBe(dead + 1);
  });

  it('three times is given up', async () => {
    const made = withDeadHosts(99);
    expect(await failureOf((await start(made)).result())).toMatchObject({
      timeoutType: 'SCHEDULE_TO_START',
    });
    expect(countCalls(made, 'reserveRestoreStaging')).toBe(3);
    expect(made.audited).toMatchObject([{ outcome: 'failed', failure: { type: 'Stalled' } }]);
  });

  it('or emptied in the middle of it: what it made is removed, and the roles that it made are named', async () => {
    let tries = 0;
    const made = makeSteps({
      planRestore: (argument) =>
        Promise.resolve({
          ...makeRestorePlan(argument),
          createRoles: true,
          missing: { roles: ['app'], extensions: [], stagingBytes: 0 },
        }),
      restore: () => ((tries += 1) === 1 ? Promise.reject(failure('StagingLost')) : Promise.resolve()),
    });
    const { roles } = await (await start(made)).result();
    expect(roles?.created).toEqual(['app']);
    expect(stepNames(made)).toEqual([
      ...['planRestore', 'reserveRestoreStaging', 'download', 'unpack', 'createRoles', 'restore'],
      ...['discardRestored', 'releaseRestoreStaging', ...work, 'releaseRestoreStaging', 'recordAudit'],
    ]);
  });
});

it.each(['restoreDatabase', 'drillRestore'])(
  '%s where no restore worker runs says so, and waits no longer',
  async (type) => {
    const client = await serve(makeSteps(), { hasRestoreWorker: false });
    const run = await client.workflow.start(type, {
      taskQueue: MAIN_QUEUE,
      workflowId: `${HURRIED}${(count += 1)}`,
      args: [type === 'restoreDatabase' ? { database: newDatabase() } : {}],
    });
    expect(await failureOf(run.result())).toMatchObject({
      type: 'WorkerMissing',
      message: 'No restore worker is running; start one with "temponest-backups worker --roles restore".',
    });
  },
);

describe('a swap that a signal approves', () => {
  it('waits for two different people of the configured ones', async () => {
    const made = makeSteps();
    const handle = await start(made, { mode: 'swap' });
    await isWaiting(handle);
    await handle.signal('approval_signal', 'nonsense');
    await approve(handle, 'ann');
    await approve(handle, 'ann');
    await approve(handle, 'mallory');
    await waitUntil(
      'the stranger was ignored',
      async () => (await progressOf(handle)).approvals?.ignored?.includes('mallory') === true,
    );
    expect((await progressOf(handle)).approvals?.approvedBy).toEqual(['ann']);
    expect(countCalls(made, 'reserveRestoreStaging')).toBe(0);
    await approve(handle, 'bob');
    const result = await handle.result();
    expect(result).toMatchObject({
      approvedBy: ['ann', 'bob'],
      replaced: { database: expect.any(String) as string },
    });
    expect(result.restored!.database).toBe(result.plan.backup.database);
    expect(stepNames(made).slice(-3)).toEqual(['swap', 'releaseRestoreStaging', 'recordAudit']);
  });

  it('ends at the first no', async () => {
    const made = makeSteps();
    const handle = await start(made, { mode: 'swap' });
    await isWaiting(handle);
    await approve(handle, 'bob', 'denied');
    expect(await failureOf(handle.result())).toMatchObject({
      type: 'ApprovalDenied',
      message: expect.stringMatching(/^bob denied it.*nothing was touched/) as string,
    });
    expect(countCalls(made, 'reserveRestoreStaging')).toBe(0);
  });

  it('ends cleanly after a day without an answer', async () => {
    const made = makeSteps();
    const handle = await start(made, { mode: 'swap' });
    expect(await failureOf(handle.result())).toMatchObject({
      type: 'ApprovalTimedOut',
      message: expect.stringContaining('0 of 2 approvals came within 24 h') as string,
    });
  });
});

describe('a swap that TempoNest’s service approves', () => {
  /** The service, as the activities see it. */
  function serviceOf(answers: ApprovalAnswer[]) {
    const asked: string[] = [];
    const made = makeSteps({
      planRestore: (argument) => {
        const plan = makeRestorePlan(argument);
        return Promise.resolve({ ...plan, approval: { ...plan.approval, provider: 'temponest' } });
      },
      requestApproval: ({ description, risk }) => {
        asked.push(`${risk}: ${description}`);
        return Promise.resolve({ approvalId: String(asked.length) });
      },
      readApproval: (id) => Promise.resolve(answers[Number(id) - 1] ?? { status: 'pending' }),
    });
    return { made, asked };
  }

  it('needs two requests, decided by different people, and believes the service alone', async () => {
    const answers: ApprovalAnswer[] = [];
    const { made, asked } = serviceOf(answers);
    const handle = await start(made, { mode: 'swap' });
    await waitUntil('the service was asked', () => countCalls(made, 'readApproval') >= 2);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatch(/^high: Replace database/);
    // A signal without an answer behind it is worth nothing.
    await approve(handle, 'mallory');
    await waitUntil('the service was asked', () => countCalls(made, 'readApproval') >= 4);
    expect((await progressOf(handle)).approvals?.approvedBy).toEqual([]);
    answers[0] = { status: 'approved', approver: 'ann' };
    answers[1] = { status: 'approved', approver: 'ann' };
    await approve(handle, 'ann');
    await waitUntil('another person is asked', () => asked.length === 3);
    expect(asked[2]).toContain('Somebody other than ann must decide');
    answers[2] = { status: 'approved', approver: 'bob' };
    await approve(handle, 'bob');
    expect((await handle.result()).approvedBy).toEqual(['ann', 'bob']);
  });

  it('is polled as well: a lost signal strands nothing', async () => {
    const { made } = serviceOf([
      { status: 'approved', approver: 'ann' },
      { status: 'approved', approver: 'bob' },
    ]);
    let tries = 0;
    made.activities.readApproval = (id) => {
      tries += 1;
      return Promise.resolve(
        tries <= 4 ? { status: 'pending' } : { status: 'approved', approver: id === '1' ? 'ann' : 'bob' },
      );
    };
    const handle = await start(made, { mode: 'swap' });
    expect((await handle.result()).approvedBy).toEqual(['ann', 'bob']);
  });

  it('ends at the first no', async () => {
    const { made } = serviceOf([{ status: 'denied', approver: 'bob', reason: 'not at night' }]);
    expect(await failureOf((await start(made, { mode: 'swap' })).result())).toMatchObject({
      type: 'ApprovalDenied',
      message: expect.stringContaining('bob denied it (not at night)') as string,
    });
  });

  it('that stays down while it is asked ends the restore, and nothing was touched', async () => {
    const { made } = serviceOf([]);
    made.activities.requestApproval = () => Promise.reject(failure('ApprovalUnavailable'));
    expect(await failureOf((await start(made, { mode: 'swap' })).result())).toMatchObject({
      type: 'ApprovalUnavailable',
    });
    expect(countCalls(made, 'reserveRestoreStaging')).toBe(0);
  });
});
