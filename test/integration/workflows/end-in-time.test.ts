import { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import type { BackupPlan } from '../../../src/model/plan.js';
import { MAIN_QUEUE, operationId } from '../../../src/model/queues.js';
import {
  countCalls,
  describeRun,
  failureOf,
  makeSteps,
  notificationsOf,
  serve,
  useWorkflowTests,
  type Steps,
} from './workflow-tests.js';

useWorkflowTests();

let run = 0;

/** Starts a workflow as a schedule does. */
async function start(made: Steps, type: string, argument: object) {
  const client = await serve(made);
  return client.workflow.start(type, {
    taskQueue: MAIN_QUEUE,
    workflowId: `scheduled-${(run += 1)}`,
    args: [argument],
    workflowExecutionTimeout: '20 hours',
  });
}

/** A step that comes to no end: it fails again and again, so seldom that no number of tries is reached in time. */
const hang = (nextRetryDelay: '297 minutes' | '395 minutes' | '8 hours' = '297 minutes') =>
  Promise.reject(ApplicationFailure.create({ type: 'ServerUnreachable', nextRetryDelay }));

const GIVEN_UP =
  'It was given up shortly before its execution timeout, at which Temporal would have ended it without a word; see what the program or the network waits for.';
const UNFINISHED = 'It was not finished when the run was given up.';

async function expectGivenUp(handle: Awaited<ReturnType<typeof start>>, made: Steps, account: string[]) {
  const ended = (await failureOf(handle.result())) as ApplicationFailure;
  const message = [GIVEN_UP, ...account].join('\n');
  expect(ended).toMatchObject({ type: 'Stalled', message });
  expect(await notificationsOf(made, handle.workflowId)).toMatchObject([
    {
      type: expect.stringMatching(/^(backup|restore)\.failed$/) as string,
      failure: { type: 'Stalled', message },
    },
  ]);
  expect(await describeRun(handle.workflowId)).toMatchObject({ status: 'FAILED', outcome: 'failed' });
  return ended;
}

it('a run over all databases ends what is in flight, begins no other, and says which succeeded', async () => {
  const { planBackups, reserveStaging } = makeSteps().activities;
  const made = makeSteps({
    planBackups: async (argument) => ({
      ...(await planBackups({ ...argument, databases: ['quick', 'first', 'second', 'third'] })),
      concurrency: 1,
    }),
    // Twelve hours long each waits for space.
    reserveStaging: (plan) =>
      plan.id.startsWith('quick')
        ? reserveStaging(plan)
        : Promise.reject(ApplicationFailure.create({ type: 'StagingFull', nextRetryDelay: '1 hour' })),
  });
  const handle = await start(made, 'backupDatabases', {});
  const { details } = await expectGivenUp(handle, made, [
    '1 of 4 backups of server main committed',
    'first: StagingFull: ',
    `second: Stalled: ${UNFINISHED}`,
    `third: Stalled: ${UNFINISHED}`,
  ]);
  expect(details).toMatchObject([
    {
      server: 'main',
      backups: [
        { database: 'quick', outcome: 'committed' },
        { database: 'first', outcome: 'failed' },
        { database: 'second', outcome: 'failed', type: 'Stalled' },
        { database: 'third', outcome: 'failed', type: 'Stalled', seconds: 0 },
      ],
    },
  ]);
  expect(countCalls(made, 'planBackup')).toBe(3);
  expect(countCalls(made, 'prune')).toBe(0);
  const second = operationId({ kind: 'database', server: 'main', database: 'second' });
  expect(await describeRun(second)).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
});

it('a run that could not even be planned says so', async () => {
  const made = makeSteps({ planBackups: () => hang() });
  const handle = await start(made, 'backupDatabases', {});
  await expectGivenUp(handle, made, ['No backup was begun.']);
});

it('a run of which only pruning hangs says that everything else is done', async () => {
  const made = makeSteps({ prune: () => hang() });
  const handle = await start(made, 'backupDatabases', {});
  await expectGivenUp(handle, made, ['3 of 3 backups of server main committed', `pruning: ${UNFINISHED}`]);
});

it('pruning by itself gives up as well', async () => {
  const made = makeSteps({ prune: () => hang() });
  await expectGivenUp(await start(made, 'pruneBackups', {}), made, []);
});

it('a restore gives up, and removes what it has made', async () => {
  const made = makeSteps({ restore: () => hang('395 minutes') });
  const handle = await start(made, 'restoreDatabase', { database: 'restored' });
  await expectGivenUp(handle, made, []);
  expect(countCalls(made, 'discardRestored')).toBe(1);
  expect(countCalls(made, 'releaseRestoreStaging')).toBe(1);
  const operation = operationId({ kind: 'database', server: 'main', database: 'restored' });
  expect(await describeRun(operation)).toMatchObject({ status: 'COMPLETED' });
});

it('a swap that nobody approves in time gives up, with nothing touched', async () => {
  const made = makeSteps();
  const handle = await start(made, 'restoreDatabase', { database: 'waiting', mode: 'swap' });
  await expectGivenUp(handle, made, []);
  expect(countCalls(made, 'reserveRestoreStaging')).toBe(0);
  expect(made.audited).toMatchObject([{ outcome: 'failed', failure: { type: 'Stalled' } }]);
});

it('a run that is in time is no different', async () => {
  const made = makeSteps();
  const handle = await start(made, 'backupDatabases', { databases: ['early'] });
  expect(await handle.result()).toMatchObject({ backups: [{ outcome: 'committed' }] });
});

it('a run that is cancelled by somebody ends as that', async () => {
  const made = makeSteps({ prune: () => hang() });
  const handle = await start(made, 'pruneBackups', {});
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(await notificationsOf(made, handle.workflowId)).toEqual([]);
});

it('a run does not wait for what does not even end when it is cancelled', async () => {
  const { dump, releaseStaging } = makeSteps().activities;
  const isStuck = ({ id }: Pick<BackupPlan, 'id'>) => id.startsWith('stuck');
  const made = makeSteps({
    dump: (plan) => (isStuck(plan) ? hang('8 hours') : dump(plan)),
    releaseStaging: (plan) => (isStuck(plan) ? hang('8 hours') : releaseStaging(plan)),
  });
  const handle = await start(made, 'backupDatabases', { databases: ['stuck', 'free'] });
  await expectGivenUp(handle, made, [
    '1 of 2 backups of server main committed',
    `stuck: Stalled: ${UNFINISHED}`,
  ]);
  const stuck = operationId({ kind: 'database', server: 'main', database: 'stuck' });
  expect(await describeRun(stuck)).toMatchObject({ status: 'RUNNING' });
  await handle.client.getHandle(stuck).terminate();
});
