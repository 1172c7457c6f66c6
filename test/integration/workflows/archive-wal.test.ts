import { expect, it } from 'vitest';
import type { Activities } from '../../../src/activities/index.js';
import { MAIN_QUEUE, operationId, stagingQueue } from '../../../src/model/queues.js';
import type { WalPlan, WalRun } from '../../../src/model/wal-plan.js';
import { waitUntil } from '../../support/wait-until.js';
import {
  countCalls,
  failure,
  makeSteps,
  serve,
  untilCancelled,
  useWorkflowTests,
  type Steps,
} from './workflow-tests.js';

useWorkflowTests();

let server = 0;

const counts = { segments: 1, bytes: 1, storedBytes: 1 };

/** Archivers of a server of their own; the answers of their runs, one after another, and then none. */
function makeArchiver(answers: (() => Promise<WalRun>)[], over: Partial<Activities> = {}) {
  const name = `server-${(server += 1)}`;
  const plan: WalPlan = {
    ...{ server: name, systemIdentifier: '1', segmentBytes: 1, major: 16 },
    source: { kind: 'stream', slot: 's', maxAgeSeconds: 60 },
    ...{ compression: { method: 'zstd', level: 1 }, encryption: { method: 'none' } },
    ...{ primaryStore: 'primary', queue: stagingQueue('live'), heartbeatSeconds: 30 },
  };
  const made = makeSteps({
    findArchiver: () =>
      Promise.resolve({ server: name, workflowId: operationId({ kind: 'wal', server: name }) }),
    planWal: () => Promise.resolve(plan),
    archiveWal: () => (answers.shift() ?? untilCancelled)(),
    ...over,
  });
  return { name, made };
}

async function start(made: Steps, name: string) {
  const client = await serve(made);
  const workflowId = operationId({ kind: 'wal', server: name });
  const handle = await client.workflow.start('archiveWal', {
    ...{ taskQueue: MAIN_QUEUE, workflowId },
    args: [{ server: name }],
  });
  const end = async () => {
    await client.workflow.getHandle(workflowId).cancel();
    await client.workflow
      .getHandle(workflowId)
      .result()
      .catch(() => undefined);
  };
  return { client, handle, end };
}

it('begins again after a day, as another run', async () => {
  const { name, made } = makeArchiver([() => Promise.resolve({ ending: 'timeIsOver', ...counts })]);
  const { client, handle, end } = await start(made, name);
  await waitUntil('it archives again', () => countCalls(made, 'archiveWal') === 2);
  const { runId } = await client.workflow.getHandle(handle.workflowId).describe();
  expect(runId).not.toBe(handle.firstExecutionRunId);
  expect(made.notifications).toEqual([]);
  await end();
});

it('tells people of a gap, and starts a base backup that closes it', async () => {
  const gap = { systemIdentifier: '1', first: '000000010000000000000007', reason: 'it was removed' };
  const { name, made } = makeArchiver([() => Promise.resolve({ ending: 'gap', gap, ...counts })]);
  const { client, end } = await start(made, name);
  await waitUntil('it archives again', () => countCalls(made, 'archiveWal') === 2);
  expect(made.notifications).toMatchObject([
    {
      type: 'wal.gap',
      failure: { type: 'WalMissing', message: expect.stringContaining(gap.first) as string },
    },
  ]);
  const base = client.workflow.getHandle(operationId({ kind: 'base', server: name }));
  expect((await base.describe()).type).toBe('backupCluster');
  // A step that its worker leaves under way would keep the server from skipping time in the tests that follow.
  await base.result();
  await end();
});

it('tells people once of what keeps it from archiving, and archives as soon as that is mended', async () => {
  const denied = () => Promise.reject(failure('KeyUnusable', 'The key expired; renew it.'));
  const { name, made } = makeArchiver([denied, denied, denied]);
  const { handle, end } = await start(made, name);
  // Who waits for the result lets the server skip the time in which nothing happens.
  const ended = handle.result().catch(() => undefined);
  await waitUntil('it archives again', () => countCalls(made, 'archiveWal') === 4);
  expect(made.notifications.map(({ type, failure: told }) => [type, told?.message])).toEqual([
    ['wal.failed', 'The key expired; renew it.'],
  ]);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await end();
  await ended;
});

it('refuses a wrong argument at once', async () => {
  const { made } = makeArchiver([]);
  const client = await serve(made);
  await expect(
    client.workflow.execute('archiveWal', {
      ...{ taskQueue: MAIN_QUEUE, workflowId: 'wrong' },
      args: [{ database: 'app' }],
    }),
  ).rejects.toMatchObject({ cause: { type: 'InvalidArgument' } });
  expect(countCalls(made, 'planWal')).toBe(0);
});
