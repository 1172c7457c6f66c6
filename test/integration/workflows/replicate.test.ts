import { expect, it } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { ReplicationResult } from '../../../src/model/replication.js';
import type { Activities } from '../../../src/activities/index.js';
import { waitUntil } from '../../support/wait-until.js';
import {
  countCalls,
  describeRun,
  failure,
  failureOf,
  makeSteps,
  notificationsOf,
  serve,
  useWorkflowTests,
  type Steps,
} from './workflow-tests.js';

useWorkflowTests();

type Copied = Awaited<ReturnType<Activities['replicate']>>;

const copied = { objects: 2, bytes: 20, faults: [] };
const down = () => Promise.reject(failure('StoreDenied', 'Store "offsite" refuses it; look at its keys.'));

/** Runs whose copying answers one after another as said, and then with success. */
const makeCopies = (...answers: (() => Promise<Copied>)[]) =>
  makeSteps({ replicate: () => (answers.shift() ?? (() => Promise.resolve(copied)))() });

let run = 0;

async function copy(made: Steps, argument: object = { server: 'main', store: 'offsite' }) {
  const client = await serve(made);
  const workflowId = `replicate-${(run += 1)}`;
  const options = { taskQueue: MAIN_QUEUE, workflowId, args: [argument] };
  const handle = await client.workflow.start('replicate', options);
  return { workflowId, result: () => handle.result() as Promise<ReplicationResult> };
}

it('tells nobody of copies that succeed, and shows how they ended', async () => {
  const made = makeCopies();
  const { workflowId, result } = await copy(made);
  expect(await result()).toMatchObject({ server: 'main', store: 'offsite', ...copied });
  expect(await describeRun(workflowId)).toMatchObject({
    outcome: 'committed',
    memo: { BackupServer: 'main', BackupOutcome: 'committed' },
  });
  expect(made.notifications).toEqual([]);
});

it('tells people once of a store that cannot be copied to, and once that it has everything again', async () => {
  const made = makeCopies(down, down, down);
  const { result } = await copy(made);
  expect(await result()).toMatchObject(copied);
  await waitUntil('both are told', () => made.notifications.length >= 2);
  const common = { server: 'main', store: 'offsite', workflowType: 'replicate' };
  expect(made.notifications).toMatchObject([
    {
      ...common,
      type: 'replica.failed',
      what: 'Copying the backups of server main to store offsite',
      failure: { type: 'StoreDenied' },
    },
    {
      ...common,
      type: 'replica.succeeded',
      what: 'Store offsite has again all of server main that the primary has',
    },
  ]);
  expect(countCalls(made, 'replicate')).toBe(4);
});

it('tells people once a day of a store that stays down, and of its end', async () => {
  const made = makeCopies(...Array.from({ length: 100 }, () => down));
  const { result } = await copy(made);
  await result();
  await waitUntil('all is told', () => made.notifications.at(-1)?.type === 'replica.succeeded');
  expect(made.notifications.map(({ type }) => type)).toEqual([
    'replica.failed',
    'replica.failed',
    'replica.succeeded',
  ]);
});

it('says what could not be copied though the store is back', async () => {
  const faults = [{ key: 'postgres/main/app/1.dump', message: 'It is damaged.' }];
  const made = makeCopies(down, () => Promise.resolve({ ...copied, faults }));
  const { result } = await copy(made);
  expect(await result()).toMatchObject({ faults });
  await waitUntil('both are told', () => made.notifications.length >= 2);
  expect(made.notifications[1]).toMatchObject({
    what: expect.stringContaining('but for what could not be copied') as string,
    details: ['postgres/main/app/1.dump: It is damaged.'],
  });
});

it('refuses a wrong argument, and tells what it can of it', async () => {
  const made = makeCopies();
  const { workflowId, result } = await copy(made, { server: 'main' });
  expect(await failureOf(result())).toMatchObject({ type: 'InvalidArgument' });
  expect(await notificationsOf(made, workflowId)).toMatchObject([
    { type: 'replica.failed', server: 'main', what: 'Copying the backups of server main' },
  ]);
  expect(await describeRun(workflowId)).toMatchObject({ status: 'FAILED', outcome: 'failed' });
  expect(countCalls(made, 'replicate')).toBe(0);
});
