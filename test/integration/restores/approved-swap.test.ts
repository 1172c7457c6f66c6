import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { RestoreProgress } from '../../../src/model/restore.js';
import type { restoreDatabase } from '../../../src/workflows/index.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import { waitForFailedAttempt } from '../../support/activity-attempts.js';
import { startApprovalServer, type ApprovalServer } from '../../support/approval-service.js';
import {
  startBackupSystem,
  type BackupSystem,
  type BackupSystemOptions,
} from '../../support/backup-system.js';
import type { RestoreHandle } from '../../support/held-restore.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import { failureOf } from '../../support/workflow-failure.js';

interface ApprovedSystem extends BackupSystem {
  approvals: ApprovalServer;
  /** Empties the table, and starts a restore that is to replace the database. */
  startSwap: () => Promise<RestoreHandle>;
  countOf: (database: string) => Promise<number>;
}

/** A system with a backup of database `shop`, and an approval service that signals each decision to the restore. */
async function startApprovedSystem(options: Partial<BackupSystemOptions> = {}): Promise<ApprovedSystem> {
  let system: BackupSystem | undefined;
  const approvals = await startApprovalServer(async ({ workflow_id, run_id, status, approved_by }) => {
    const restore = system!.client.workflow.getHandle(workflow_id, run_id);
    await restore.signal('approval_signal', { status, approver: approved_by });
  });
  const tokenFile = join(await makeScratchDirectory(), 'approval-token');
  await writeFile(tokenFile, approvals.token, { mode: 0o600 });
  try {
    system = await startBackupSystem({
      databases: ['shop'],
      configuration: { approvals: { provider: 'temponest', url: approvals.url, tokenFile } },
      ...options,
    });
  } catch (error) {
    await approvals[Symbol.asyncDispose]();
    throw error;
  }
  const { postgres, client } = system;
  await postgres.query('shop', 'CREATE TABLE orders AS SELECT n FROM generate_series(1, 100) n');
  await system.backUp();
  return {
    ...system,
    approvals,
    startSwap: async () => {
      await postgres.query('shop', 'DELETE FROM orders');
      return client.workflow.start<typeof restoreDatabase>('restoreDatabase', {
        taskQueue: MAIN_QUEUE,
        workflowId: `swap-${crypto.randomUUID()}`,
        args: [{ database: 'shop', mode: 'swap', requestedBy: 'agent-7', reason: 'bad migration' }],
      });
    },
    countOf: async (database) => (await postgres.query(database, 'SELECT FROM orders')).length,
    async [Symbol.asyncDispose]() {
      try {
        await system[Symbol.asyncDispose]();
      } finally {
        await approvals[Symbol.asyncDispose]();
      }
    },
  };
}

const progressOf = (restore: WorkflowHandle) => restore.query<RestoreProgress>('progress');
const areAsked = ({ approvals }: ApprovedSystem, people: number) =>
  waitUntil(`${people} decisions are asked for`, () => approvals.requests.length === people);

test('a live database is replaced once two different people have agreed in the approval service', async () => {
  await using system = await startApprovedSystem();
  const { approvals } = system;
  const restore = await system.startSwap();
  await areAsked(system, 2);
  expect(approvals.requests[0]).toMatchObject({
    workflow_id: restore.workflowId,
    risk_level: 'high',
    task_description: expect.stringMatching(
      /^Replace database shop on server main by backup shop_/,
    ) as string,
    context: { requested_by: 'agent-7', reason: 'bad migration', database: 'shop', backup_rows: 100 },
  });

  const [first, second] = approvals.requests;
  expect(await approvals.decide(first!.approval_id, 'approved', 'ann')).toBe(200);
  expect(await approvals.decide(second!.approval_id, 'approved', 'ann')).toBe(200);
  await areAsked(system, 3);
  expect(await progressOf(restore)).toMatchObject({ step: 'approval', approvals: { approvedBy: ['ann'] } });
  expect(await system.countOf('shop')).toBe(0);

  expect(await approvals.decide(approvals.requests[2]!.approval_id, 'approved', 'bob')).toBe(200);
  const { replaced, approvedBy } = await restore.result();
  expect(approvedBy).toEqual(['ann', 'bob']);
  expect(await system.countOf('shop')).toBe(100);
  expect(await system.countOf(replaced!.database)).toBe(0);
});

test('a swap that waits for approval outlives its worker, Temporal and the approval service', async () => {
  const dbFile = join(await makeScratchDirectory(), 'temporal.db');
  await using temporal = await startTemporalDevServer({ dbFile });
  await using system = await startApprovedSystem({ temporal });
  const { approvals, worker } = system;
  const restore = await system.startSwap();
  await areAsked(system, 2);
  const [first, second] = approvals.requests;
  await approvals.decide(first!.approval_id, 'approved', 'ann');
  await waitUntil(
    'one has approved',
    async () => (await progressOf(restore)).approvals?.approvedBy.length === 1,
  );

  await worker.kill('SIGKILL');
  await temporal.kill();
  approvals.fail(true);
  await temporal.start();
  await worker.start();
  // A hint has the service asked, which does not answer.
  await restore.signal('approval_signal', { status: 'approved', approver: 'mallory' });
  await waitForFailedAttempt(restore, 'readApproval');
  expect(await system.countOf('shop')).toBe(0);

  approvals.fail(false);
  expect(await approvals.decide(second!.approval_id, 'approved', 'bob')).toBe(200);
  const { replaced, approvedBy } = await restore.result();
  expect(approvedBy).toEqual(['ann', 'bob']);
  expect(await system.countOf('shop')).toBe(100);
  expect(await system.countOf(replaced!.database)).toBe(0);
  expect(approvals.requests).toHaveLength(2);
});

test('a database that turns out to hold the state of Temporal itself is not replaced after all', async () => {
  await using system = await startApprovedSystem();
  const { approvals, postgres } = system;
  const restore = await system.startSwap();
  await areAsked(system, 2);
  // As the visibility records, which Temporal writes with a delay.
  await postgres.query('shop', 'CREATE TABLE executions_visibility (run_id char(64))');
  await postgres.query('shop', `INSERT INTO executions_visibility VALUES ('${restore.firstExecutionRunId}')`);
  for (const [index, { approval_id }] of approvals.requests.entries())
    await approvals.decide(approval_id, 'approved', `approver-${index}`);

  expect(await failureOf(restore)).toMatchObject({
    type: 'TargetUnfit',
    message: expect.stringMatching(/^Database "shop" holds the state of the Temporal cluster/) as string,
  });
  expect(await system.countOf('shop')).toBe(0);
  const others = "SELECT FROM pg_database WHERE datname LIKE 'shop_%' OR datname LIKE 'temponest%'";
  expect(await postgres.query('postgres', others)).toEqual([]);
});
