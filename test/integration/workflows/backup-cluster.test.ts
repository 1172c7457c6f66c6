import { expect, it } from 'vitest';
import { MAIN_QUEUE, operationId } from '../../../src/model/queues.js';
import type { BaseBackupResult } from '../../../src/model/results.js';
import {
  describeRun,
  failure,
  failureOf,
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

const workflowId = operationId({ kind: 'base', server: 'main' });
const made = ['planBaseBackup', 'reserveStaging', 'baseBackup', 'upload', 'verify', 'awaitWal'] as const;

async function backUp(steps: Steps, argument: object = {}): Promise<BaseBackupResult> {
  const client = await serve(steps);
  return (await client.workflow.execute('backupCluster', {
    taskQueue: MAIN_QUEUE,
    workflowId,
    args: [argument],
  })) as BaseBackupResult;
}

it('a base backup is committed when its WAL is there, and says what it made', async () => {
  const steps = makeSteps();
  const result = await backUp(steps, { server: 'main', reason: 'test' });
  expect(stepNames(steps)).toEqual([...made, 'commitBaseBackup', 'releaseStaging', 'recordAudit']);
  expect(result).toMatchObject({
    server: 'main',
    store: 'primary',
    bytes: 310,
    dataBytes: 900,
    timeline: 1,
    startLsn: '0/2000028',
    stopLsn: '0/3000000',
    manifestKey: `${result.backupId}.manifest.json`,
  });
  expect(await describeRun(workflowId)).toMatchObject({
    outcome: 'committed',
    memo: { BackupKind: 'base', BackupServer: 'main', BackupId: result.backupId },
  });
});

it('one whose WAL does not come is not committed, leaves nothing, and is told of', async () => {
  const steps = makeSteps({ awaitWal: () => Promise.reject(failure('WalMissing')) });
  expect(await failureOf(backUp(steps))).toMatchObject({ type: 'WalMissing' });
  expect(stepNames(steps)).toEqual([...made, ...['releaseStaging', 'discardUpload', 'recordAudit']]);
  expect(await notificationsOf(steps, workflowId)).toMatchObject([{ failure: { type: 'WalMissing' } }]);
});

it('one whose artifact the store has lost meanwhile is begun anew, under another id', async () => {
  let tries = 0;
  const { commitBaseBackup } = makeSteps().activities;
  const steps = makeSteps({
    commitBaseBackup: (...args) =>
      (tries += 1) === 1 ? Promise.reject(failure('ArtifactDamaged')) : commitBaseBackup(...args),
  });
  const { backupId } = await backUp(steps);
  const plans = steps.calls.filter(({ step }) => step === 'commitBaseBackup').map(({ id }) => id);
  expect(plans).toHaveLength(2);
  expect(plans[0]).not.toBe(plans[1]);
  expect(plans[1]).toBe(backupId);
  expect(steps.calls).toContainEqual({ step: 'discardUpload', id: plans[0] });
});

it('one that was refused has begun nothing', async () => {
  const steps = makeSteps({ planBaseBackup: () => Promise.reject(failure('InvalidConfiguration')) });
  expect(await failureOf(backUp(steps))).toMatchObject({ type: 'InvalidConfiguration' });
  expect(allStepNames(steps).slice(0, 2)).toEqual(['planBaseBackup', 'listChannels']);
});

it('an argument that it does not know is refused by its name', async () => {
  const steps = makeSteps();
  expect(await failureOf(backUp(steps, { database: 'app' }))).toMatchObject({
    type: 'InvalidArgument',
    message: expect.stringContaining('database: is not a field of it') as string,
  });
});

it('one that a schedule starts is given up before its time is over', async () => {
  const steps = makeSteps({ awaitWal: untilCancelled });
  const client = await serve(steps);
  const run = client.workflow.execute('backupCluster', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'temponest-backups/base-2026-11-29T01:00:00Z',
    workflowExecutionTimeout: '20 seconds',
    args: [{}],
  });
  expect(await failureOf(run)).toMatchObject({ type: 'Stalled' });
  expect(stepNames(steps)).not.toContain('commitBaseBackup');
  expect(await describeRun(workflowId)).toMatchObject({ status: 'CANCELLED' });
});
