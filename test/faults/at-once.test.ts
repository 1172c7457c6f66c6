import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { MAIN_QUEUE } from '../../src/model/queues.js';
import type { BackupsResult } from '../../src/model/results.js';
import { startHeldSystem, startSharedServers } from '../support/held-backup.js';
import { expectOneWholeBackup } from '../support/whole-backup.js';
import { failureOf } from '../support/workflow-failure.js';

test('a second operation on a database is refused while the first runs, which goes on unharmed', async () => {
  await using servers = await startSharedServers();
  await using system = await startHeldSystem('dump', servers);
  const first = await system.startBackup('app');
  await system.held();

  await expect(system.startBackup('app')).rejects.toThrow(WorkflowExecutionAlreadyStartedError);

  const second = await system.client.workflow.start('backupDatabase', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'started-from-the-ui',
    args: [{ database: 'app' }],
  });
  expect(await failureOf(second)).toMatchObject({
    type: 'AlreadyRunning',
    message: `Another operation on it runs already, as workflow ${first.workflowId}; wait for it or cancel it.`,
  });

  const nights = await Promise.all(
    ['first-night', 'second-night'].map((workflowId) =>
      system.client.workflow.start('backupDatabases', { taskQueue: MAIN_QUEUE, workflowId, args: [{}] }),
    ),
  );
  for (const night of nights) {
    const { type, details } = await failureOf(night);
    expect(type).toBe('BackupsFailed');
    expect((details[0] as BackupsResult).backups).toMatchObject([
      { database: 'app', outcome: 'failed', type: 'AlreadyRunning' },
    ]);
  }

  await system.release();
  const { backupId } = await first.result();
  expect(await system.countRuns()).toEqual({ pg_dump: 1, tar: 1, zstd: 1, gpg: 1 });
  await expectOneWholeBackup(system, backupId);
});
