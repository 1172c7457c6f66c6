import type { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';
import type { Activities } from '../../../src/activities/index.js';
import { MAIN_QUEUE, operationId } from '../../../src/model/queues.js';
import type { BackupsResult } from '../../../src/model/results.js';
import { waitUntil } from '../../support/wait-until.js';
import {
  countCalls,
  describeRun,
  failure,
  failureOf,
  makeSteps,
  notificationsOf,
  serve,
  untilCancelled,
  useWorkflowTests,
  type Steps,
} from './workflow-tests.js';

useWorkflowTests();

let run = 0;

async function start(made: Steps, argument: object = {}) {
  const client = await serve(made);
  const workflowId = `nightly-${(run += 1)}`;
  const options = { taskQueue: MAIN_QUEUE, workflowId, args: [argument] };
  return client.workflow.start('backupDatabases', options);
}

async function backUp(made: Steps, argument: object = {}): Promise<BackupsResult> {
  const handle = await start(made, argument);
  return (await handle.result()) as BackupsResult;
}

/** A dump that fails for one database. */
function failing(database: string, how: () => Promise<never>): Partial<Activities> {
  const { dump } = makeSteps().activities;
  return {
    dump: (plan) =>
      plan.subject.kind === 'database' && plan.subject.database === database ? how() : dump(plan),
  };
}

const forbidden = () => Promise.reject(failure('PermissionDenied'));

it('backs up every database and the globals, prunes once, and tells of it', async () => {
  const made = makeSteps();
  const handle = await start(made);
  const result = (await handle.result()) as BackupsResult;
  expect(result.backups).toMatchObject([
    { outcome: 'committed' },
    { database: 'large', outcome: 'committed', bytes: 310, dumpBytes: 900 },
    { database: 'small', outcome: 'committed' },
  ]);
  expect(result.pruned).toEqual({ kept: 5, deleted: 2 });
  expect(countCalls(made, 'prune')).toBe(1);
  expect(await notificationsOf(made, handle.workflowId)).toMatchObject([
    {
      type: 'backup.succeeded',
      what: '3 of 3 backups of server main committed',
      details: result.backups.map(
        (backup) => expect.stringMatching(`^${backup.database ?? 'globals'}: `) as string,
      ),
    },
  ]);
});

it('of some databases makes no globals and prunes nothing', async () => {
  const made = makeSteps();
  const result = await backUp(made, { databases: ['small'] });
  expect(result.backups).toMatchObject([{ database: 'small', outcome: 'committed' }]);
  expect(result).not.toHaveProperty('pruned');
  expect(countCalls(made, 'prune')).toBe(0);
});

it('goes on when one database fails, prunes all the same, and then fails with what did succeed', async () => {
  const made = makeSteps(failing('large', forbidden));
  const handle = await start(made);
  const ended = (await failureOf(handle.result())) as ApplicationFailure;
  expect(ended.type).toBe('BackupsFailed');
  expect(ended.message).toBe(
    '2 of 3 backups of server main committed\nlarge: PermissionDenied: PermissionDenied happened',
  );
  expect(ended.details).toMatchObject([
    {
      backups: [
        { outcome: 'committed' },
        { database: 'large', outcome: 'failed', type: 'PermissionDenied' },
        { database: 'small', outcome: 'committed' },
      ],
    },
  ]);
  expect(countCalls(made, 'prune')).toBe(1);
  // Told once, by the run, and not by each backup as well.
  expect(await notificationsOf(made, handle.workflowId)).toMatchObject([
    { type: 'backup.failed', failure: { type: 'BackupsFailed' } },
  ]);
});

it('fails when only pruning does', async () => {
  const made = makeSteps({ prune: () => Promise.reject(failure('StoreDenied')) });
  expect(await failureOf(backUp(made))).toMatchObject({
    type: 'BackupsFailed',
    message: '3 of 3 backups of server main committed\npruning: StoreDenied happened',
  });
});

it('keeps no more backups in flight than configured', async () => {
  const { planBackups } = makeSteps().activities;
  let inFlight = 0;
  let most = 0;
  const made = makeSteps({
    planBackups: async (argument) => ({ ...(await planBackups(argument)), concurrency: 3 }),
    dump: async () => {
      most = Math.max(most, (inFlight += 1));
      await Context.current().sleep(20);
      inFlight -= 1;
      return { bytes: 1, tables: 1, rows: 1 };
    },
  });
  const databases = Array.from({ length: 12 }, (_, index) => `flight-${index}`);
  const result = await backUp(made, { databases });
  expect(result.backups.map(({ database }) => database)).toEqual(databases);
  expect(most).toBe(3);
});

it('says of a database on which another operation runs that it does', async () => {
  const made = makeSteps(failing('busy', untilCancelled));
  const client = await serve(made);
  const workflowId = operationId({ kind: 'database', server: 'main', database: 'busy' });
  const options = { taskQueue: MAIN_QUEUE, workflowId, args: [{ database: 'busy' }] };
  const other = await client.workflow.start('backupDatabase', options);
  await waitUntil('the other one dumps', () => countCalls(made, 'dump'));
  const ended = await failureOf(
    client.workflow.execute('backupDatabases', {
      taskQueue: MAIN_QUEUE,
      workflowId: 'nightly-busy',
      args: [{ databases: ['busy', 'free'] }],
    }),
  );
  expect(ended.message).toMatch(/^1 of 2 backups .*\nbusy: AlreadyRunning: /);
  await other.cancel();
  await expect(other.result()).rejects.toThrow();
});

describe('a cancellation', () => {
  it('ends every backup in flight, begins no other, and prunes nothing', async () => {
    const made = makeSteps({ dump: untilCancelled });
    const databases = ['c1', 'c2', 'c3', 'c4'];
    const handle = await start(made, { databases });
    await waitUntil('two are dumped', () => countCalls(made, 'dump') === 2);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(countCalls(made, 'dump')).toBe(2);
    expect(countCalls(made, 'releaseStaging')).toBe(2);
    expect(countCalls(made, 'prune')).toBe(0);
    expect(await describeRun(handle.workflowId)).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
  });

  it('of one backup stops neither the others nor the rest of the run', async () => {
    const made = makeSteps(failing('small', untilCancelled));
    const handle = await start(made);
    await waitUntil('both are dumped', () => countCalls(made, 'dump') === 3);
    const small = operationId({ kind: 'database', server: 'main', database: 'small' });
    await handle.client.getHandle(small).cancel();
    const ended = await failureOf(handle.result());
    expect(ended).toMatchObject({
      type: 'BackupsFailed',
      message: '2 of 3 backups of server main committed\nsmall: Cancelled: It was cancelled.',
    });
    expect(await notificationsOf(made, handle.workflowId)).toHaveLength(1);
    expect(await describeRun(handle.workflowId)).toMatchObject({ status: 'FAILED', outcome: 'failed' });
  });
});

it('shows its progress', async () => {
  const made = makeSteps(failing('small', untilCancelled));
  const handle = await start(made);
  await waitUntil('the small one is dumped', () => countCalls(made, 'dump') === 3);
  const [, , small] = await waitUntil('the others are done', async () => {
    const { backups } = await handle.query<{ backups: { state: string }[] }>('progress');
    return backups.filter(({ state }) => state === 'committed').length === 2 ? backups : undefined;
  });
  expect(small).toMatchObject({ database: 'small', state: 'running', bytesExpected: 800, bytesDone: 0 });
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
});
