import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { Activities } from '../../../src/activities/index.js';
import { operationId, MAIN_QUEUE, stagingQueue } from '../../../src/model/queues.js';
import type { BackupResult } from '../../../src/model/results.js';
import { waitUntil } from '../../support/wait-until.js';
import {
  countCalls,
  describeRun,
  failure,
  failureOf,
  makeSteps,
  notificationsOf,
  serve,
  stepNames,
  untilCancelled,
  useWorkflowTests,
  type Steps,
} from './workflow-tests.js';

useWorkflowTests();

const steps = ['dump', 'compress', 'encrypt', 'upload', 'verify', 'commit'] as const;
const idOf = (database: string) => operationId({ kind: 'database', server: 'main', database });

let count = 0;
/** A database of the test's own, since its operation's id is fixed. */
const newDatabase = () => `database-${(count += 1)}`;

/**
 * What goes on beside a step that fails: at first until it is cancelled, and then as it should. The test server hangs when
 * a step is cancelled in the moment in which it ends.
 */
function cancelledAtFirst<A extends unknown[], R>(
  then: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  let tries = 0;
  return (...args) => ((tries += 1) === 1 ? untilCancelled() : then(...args));
}

async function backUp(made: Steps, database = newDatabase()): Promise<BackupResult> {
  const client = await serve(made);
  return (await client.workflow.execute('backupDatabase', {
    taskQueue: MAIN_QUEUE,
    workflowId: idOf(database),
    args: [{ database }],
  })) as BackupResult;
}

describe('a backup', () => {
  it('goes through its steps in their order, and says what it made', async () => {
    const made = makeSteps();
    const database = newDatabase();
    const result = await backUp(made, database);
    expect(stepNames(made)).toEqual([
      'planBackup',
      'reserveStaging',
      ...steps,
      'releaseStaging',
      'recordAudit',
    ]);
    expect(result).toMatchObject({
      server: 'main',
      database,
      store: 'primary',
      bytes: 310,
      dumpBytes: 900,
      tables: 3,
      rows: 30,
      manifestKey: `${result.backupId}.manifest.json`,
    });
    expect(Object.keys(result.secondsPerStep)).toEqual(['reserve', ...steps]);
    expect(await notificationsOf(made, idOf(database))).toEqual([]);
    const { backupId, artifactKey } = result;
    expect(made.audited).toMatchObject([
      {
        ...{ action: 'backup', server: 'main', database, outcome: 'committed', workflowId: idOf(database) },
        facts: { kind: 'database', backup: backupId, artifactKey, bytes: 310, store: 'primary' },
      },
    ]);
    expect(await describeRun(idOf(database))).toMatchObject({
      status: 'COMPLETED',
      outcome: 'committed',
      memo: { BackupOutcome: 'committed', BackupId: result.backupId, BackupDatabase: database },
    });
  });

  it('leaves encryption out when there is none', async () => {
    const { planBackup } = makeSteps().activities;
    const made = makeSteps({
      planBackup: async (argument) => ({ ...(await planBackup(argument)), encryption: { method: 'none' } }),
    });
    const { bytes, secondsPerStep } = await backUp(made);
    expect(bytes).toBe(300);
    expect(countCalls(made, 'encrypt')).toBe(0);
    expect(countCalls(made, 'readBack')).toBe(1);
    expect(Object.keys(secondsPerStep)).toEqual(['reserve', ...steps.with(2, 'readBack' as 'encrypt')]);
  });

  it('started under another id runs as a child under the one of its database', async () => {
    const made = makeSteps();
    const client = await serve(made);
    const database = newDatabase();
    const handle = await client.workflow.start('backupDatabase', {
      taskQueue: MAIN_QUEUE,
      workflowId: `by-hand-${database}`,
      args: [{ database }],
    });
    expect(await handle.result()).toMatchObject({ database });
    expect(await handle.query('progress')).toMatchObject({ step: 'committed', workflowId: idOf(database) });
    expect((await describeRun(idOf(database))).status).toBe('COMPLETED');
    expect(countCalls(made, 'dump')).toBe(1);
  });
});

describe('reading the archive back', () => {
  /** Steps of which encryption and reading back each begin only when the other has. */
  function inStep(then: Partial<Activities>): Steps {
    const made: Steps = makeSteps({
      async encrypt(...args) {
        await waitUntil('the archive is read back', () => countCalls(made, 'readBack'));
        return (then.encrypt ?? makeSteps().activities.encrypt)(...args);
      },
      async readBack(...args) {
        await waitUntil('the archive is encrypted', () => countCalls(made, 'encrypt'));
        return then.readBack?.(...args);
      },
    });
    return made;
  }

  it('goes on beside its encryption', async () => {
    const made = inStep({});
    await backUp(made);
    expect(countCalls(made, 'encrypt')).toBe(1);
    expect(countCalls(made, 'readBack')).toBe(1);
  });

  it.each([
    ['encrypt', 'readBack'],
    ['readBack', 'encrypt'],
  ] as const)('when %s fails, %s has ended before anything is cleaned up', async (failing, other) => {
    const order: string[] = [];
    const made = inStep({
      [failing]: () => Promise.reject(failure('KeyUnusable')),
      [other]: () => untilCancelled().finally(() => order.push(other)),
    });
    const { releaseStaging } = made.activities;
    made.activities.releaseStaging = (plan) => {
      order.push('releaseStaging');
      return releaseStaging(plan);
    };
    expect(await failureOf(backUp(made))).toMatchObject({ type: 'KeyUnusable' });
    expect(order).toEqual([other, 'releaseStaging']);
    expect(countCalls(made, 'upload')).toBe(0);
  });
});

describe('a step that fails for good', () => {
  it.each(steps)('%s: nothing after it is done, and everything is cleaned up', async (step) => {
    const made = makeSteps({
      [step]: () => Promise.reject(failure('PermissionDenied')),
      ...(step === 'encrypt' ? { readBack: untilCancelled } : {}),
    });
    const database = newDatabase();
    const ended = await failureOf(backUp(made, database));
    expect(ended).toMatchObject({ type: 'PermissionDenied', message: 'PermissionDenied happened' });
    const before = steps.slice(0, steps.indexOf(step) + 1);
    // After commit was tried, the manifest may be there: its artifact is not to be touched.
    const discarded = step === 'upload' || step === 'verify' ? ['discardUpload'] : [];
    expect(await notificationsOf(made, idOf(database))).toMatchObject([
      { type: 'backup.failed', workflowId: idOf(database), failure: { type: 'PermissionDenied' } },
    ]);
    expect(stepNames(made)).toEqual([
      'planBackup',
      'reserveStaging',
      ...before,
      'releaseStaging',
      ...discarded,
      'recordAudit',
      'listChannels',
      'notify',
    ]);
    expect(countCalls(made, step)).toBe(1);
    expect(await describeRun(idOf(database))).toMatchObject({ status: 'FAILED', outcome: 'failed' });
  });

  it.each(['planBackup', 'reserveStaging'] as const)('%s: nothing was begun', async (step) => {
    const made = makeSteps({ [step]: () => Promise.reject(failure('StagingTooSmall')) });
    expect(await failureOf(backUp(made))).toMatchObject({ type: 'StagingTooSmall' });
    expect(stepNames(made)).not.toContain('dump');
    expect(countCalls(made, step)).toBe(1);
  });
});

describe('a step that fails and may be tried again', () => {
  it.each([
    ['planBackup', 5],
    ['dump', 4],
    ['compress', 4],
    ['readBack', 4],
    ['encrypt', 4],
    ['upload', 18],
    ['verify', 18],
    ['commit', 10],
  ] as const)('%s: is tried %i times', async (step, tries) => {
    const made = makeSteps({ [step]: () => Promise.reject(failure('ServerUnreachable')) });
    expect(await failureOf(backUp(made))).toMatchObject({ type: 'ServerUnreachable' });
    expect(countCalls(made, step)).toBe(tries);
  });

  it.each(steps)('%s: goes on once it succeeds', async (step) => {
    const { [step]: succeed } = makeSteps().activities as Record<string, (...args: unknown[]) => unknown>;
    let tries = 0;
    const made = makeSteps({
      [step]: (...args: unknown[]) =>
        (tries += 1) < 3 ? Promise.reject(failure('Unexpected')) : succeed!(...args),
    });
    await backUp(made);
    expect(countCalls(made, step)).toBe(3);
    expect(stepNames(made)).toEqual([
      'planBackup',
      'reserveStaging',
      ...steps,
      'releaseStaging',
      'recordAudit',
    ]);
  });

  it('waits for staging as long as others need it', async () => {
    let tries = 0;
    const { reserveStaging } = makeSteps().activities;
    const made = makeSteps({
      reserveStaging: (plan) =>
        (tries += 1) < 100 ? Promise.reject(failure('StagingFull')) : reserveStaging(plan),
    });
    await backUp(made);
    expect(countCalls(made, 'reserveStaging')).toBe(100);
  });
});

describe('a staging host that is gone', () => {
  /** Answers with a queue that nobody serves, so many times; the clock does not jump over the wait for it. */
  function withDeadHosts(dead: number): Steps {
    const { planBackup, reserveStaging } = makeSteps().activities;
    let reserved = 0;
    return makeSteps({
      planBackup: async (argument) => ({ ...(await planBackup(argument)), heartbeatSeconds: 0.1 }),
      reserveStaging: (plan) =>
        (reserved += 1) <= dead
          ? Promise.resolve({ queue: stagingQueue(`dead-${reserved}`) })
          : reserveStaging(plan),
    });
  }

  it.each([1, 2])('%i times: the backup is begun again on another, under a new id', async (dead) => {
    const made = withDeadHosts(dead);
    const result = await backUp(made);
    expect(countCalls(made, 'planBackup')).toBe(dead + 1);
    const dumped = made.calls.filter(({ step }) => step === 'dump').map(({ id }) => id);
    expect(dumped).toEqual([result.backupId]);
    const planned = made.calls.filter(({ step }) => step === 'reserveStaging').map(({ id }) => id);
    expect(new Set(planned).size).toBe(dead + 1);
  });

  it('three times: it is given up, and says why', async () => {
    const made = withDeadHosts(99);
    const database = newDatabase();
    await expect(backUp(made, database)).rejects.toThrow(WorkflowFailedError);
    expect(countCalls(made, 'reserveStaging')).toBe(3);
    expect(await notificationsOf(made, idOf(database))).toMatchObject([
      {
        failure: {
          type: 'Stalled',
          message: expect.stringMatching(/^dump was given up \(SCHEDULE_TO_START\)/) as string,
        },
      },
    ]);
  });

  it('with what was staged there lost: the backup is begun again', async () => {
    let tries = 0;
    const { encrypt, readBack } = makeSteps().activities;
    const made = makeSteps({
      readBack: cancelledAtFirst(readBack),
      encrypt: (plan, bytes) =>
        (tries += 1) === 1 ? Promise.reject(failure('StagingLost')) : encrypt(plan, bytes),
    });
    await backUp(made);
    expect(countCalls(made, 'dump')).toBe(2);
    expect(countCalls(made, 'planBackup')).toBe(2);
  });
});

describe('an artifact that is damaged', () => {
  it.each(['readBack', 'upload', 'verify', 'commit'] as const)(
    'as %s finds: nothing of it stays, and the backup is begun again under a new id',
    async (step) => {
      const { [step]: succeed } = makeSteps().activities as Record<string, (...args: unknown[]) => unknown>;
      let tries = 0;
      const made = makeSteps({
        [step]: (...args: unknown[]) =>
          (tries += 1) === 1 ? Promise.reject(failure('ArtifactDamaged')) : succeed!(...args),
        ...(step === 'readBack' ? { encrypt: cancelledAtFirst(makeSteps().activities.encrypt) } : {}),
      });
      const { backupId } = await backUp(made);
      const discarded = step === 'readBack' ? [] : ['discardUpload'];
      expect(stepNames(made)).toEqual([
        'planBackup',
        'reserveStaging',
        ...steps.slice(0, steps.indexOf(step === 'readBack' ? 'encrypt' : step) + 1),
        'releaseStaging',
        ...discarded,
        ...['planBackup', 'reserveStaging', ...steps, 'releaseStaging', 'recordAudit'],
      ]);
      const committed = made.calls.findLast((call) => call.step === 'commit');
      const given = made.calls.find((call) => call.step === 'dump');
      expect(committed!.id).toBe(backupId);
      expect(given!.id).not.toBe(backupId);
      expect(made.notifications).toEqual([]);
    },
  );

  it('three times: it is given up, and says why', async () => {
    const made = makeSteps({ verify: () => Promise.reject(failure('ArtifactDamaged')) });
    expect(await failureOf(backUp(made))).toMatchObject({ type: 'ArtifactDamaged' });
    expect(countCalls(made, 'verify')).toBe(3);
    expect(countCalls(made, 'discardUpload')).toBe(3);
  });
});

describe('cleaning up', () => {
  it('that fails is no reason for a committed backup to fail', async () => {
    const made = makeSteps({ releaseStaging: () => Promise.reject(failure('Unexpected')) });
    const database = newDatabase();
    expect(await backUp(made, database)).toMatchObject({ database });
    expect(countCalls(made, 'planBackup')).toBe(1);
    expect(countCalls(made, 'discardUpload')).toBe(0);
    expect((await describeRun(idOf(database))).outcome).toBe('committed');
  });

  it('that fails hides no failure', async () => {
    const made = makeSteps({
      verify: () => Promise.reject(failure('StoreDenied')),
      releaseStaging: () => Promise.reject(failure('Unexpected')),
      discardUpload: () => Promise.reject(failure('StoreDenied')),
    });
    expect(await failureOf(backUp(made))).toMatchObject({ type: 'StoreDenied' });
  });
});

describe('a cancellation', () => {
  it.each(steps)('in %s ends that step, cleans up, and shows', async (step) => {
    const made = makeSteps({ [step]: untilCancelled });
    const client = await serve(made);
    const database = newDatabase();
    const handle = await client.workflow.start('backupDatabase', {
      taskQueue: MAIN_QUEUE,
      workflowId: idOf(database),
      args: [{ database }],
    });
    await waitUntil(`${step} runs`, () => countCalls(made, step));
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(stepNames(made).slice(stepNames(made).indexOf(step) + 1)).toEqual([
      'releaseStaging',
      ...(step === 'upload' || step === 'verify' ? ['discardUpload'] : []),
      'recordAudit',
    ]);
    expect(made.audited).toMatchObject([{ action: 'backup', database, outcome: 'cancelled' }]);
    expect(await describeRun(idOf(database))).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
    expect(await notificationsOf(made, idOf(database))).toEqual([]);
  });

  it('reaches the child that does the work', async () => {
    const made = makeSteps({ dump: untilCancelled });
    const client = await serve(made);
    const database = newDatabase();
    const handle = await client.workflow.start('backupDatabase', {
      taskQueue: MAIN_QUEUE,
      workflowId: `by-hand-${database}`,
      args: [{ database }],
    });
    await waitUntil('the dump runs', () => countCalls(made, 'dump'));
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(await describeRun(`by-hand-${database}`)).toMatchObject({ status: 'CANCELLED' });
    expect(await describeRun(idOf(database))).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
    expect(countCalls(made, 'releaseStaging')).toBe(1);
  });
});

describe('a notification', () => {
  it('that cannot be sent changes nothing, and is tried for a day', async () => {
    const made = makeSteps({
      dump: () => Promise.reject(failure('PermissionDenied')),
      notify: () => Promise.reject(failure('NotificationFailed')),
    });
    const database = newDatabase();
    expect(await failureOf(backUp(made, database))).toMatchObject({ type: 'PermissionDenied' });
    expect(await failureOf(notificationsOf(made, idOf(database)))).toMatchObject({
      type: 'NotificationFailed',
    });
    // Every ten minutes, after the first few.
    expect(countCalls(made, 'notify')).toBeGreaterThan(140);
  });

  it('reaches each channel once, whichever is down, and makes no result wait', async () => {
    const told: (string | number)[] = [];
    const made = makeSteps({
      dump: () => Promise.reject(failure('PermissionDenied')),
      listChannels: () => Promise.resolve(['a', 'dead', 'b']),
      notify: (_event, channel) => {
        if (channel === 'dead') return untilCancelled();
        told.push(channel);
        return Promise.resolve();
      },
    });
    expect(await failureOf(backUp(made))).toMatchObject({ type: 'PermissionDenied' });
    await waitUntil('the others are told', () => told.length === 2 && countCalls(made, 'notify') === 3);
    expect(told.sort()).toEqual(['a', 'b']);
  });
});

describe('a second operation on the same database', () => {
  it('is refused while the first runs, without a try at anything', async () => {
    const made = makeSteps({ dump: untilCancelled });
    const client = await serve(made);
    const database = newDatabase();
    const first = await client.workflow.start('backupDatabase', {
      taskQueue: MAIN_QUEUE,
      workflowId: idOf(database),
      args: [{ database }],
    });
    await waitUntil('the dump runs', () => countCalls(made, 'dump'));
    const second = client.workflow.execute('backupDatabase', {
      taskQueue: MAIN_QUEUE,
      workflowId: `by-hand-${database}`,
      args: [{ database }],
    });
    expect(await failureOf(second)).toMatchObject({
      type: 'AlreadyRunning',
      message: expect.stringContaining(idOf(database)) as string,
    });
    expect(countCalls(made, 'reserveStaging')).toBe(1);
    await first.cancel();
    await expect(first.result()).rejects.toThrow();
  });
});
