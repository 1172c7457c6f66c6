import { expect, test } from 'vitest';
import { MAIN_QUEUE } from '../../src/model/queues.js';
import { backupProgressQuery, backupsProgressQuery } from '../../src/workflows/queries.js';
import { countAttempts } from '../support/activity-attempts.js';
import { moments, startHeldSystem, startSharedServers, stepOf } from '../support/held-backup.js';
import { findProcesses } from '../support/our-processes.js';
import { shareInFile } from '../support/share-in-file.js';
import { waitUntil } from '../support/wait-until.js';
import { expectEmptyStore, expectOneWholeBackup, listStore } from '../support/whole-backup.js';
import { failureOf } from '../support/workflow-failure.js';

const servers = shareInFile(startSharedServers);

/** Until the manifest is under way, a cancelled backup has never been. */
const beforeCommit = moments.filter((moment) => stepOf(moment) !== 'commit');

test.concurrent.each(beforeCommit)('a cancelled backup leaves nothing: %s', async (moment) => {
  await using system = await startHeldSystem(moment, servers());
  const backup = await system.startBackup('app');
  await system.held();
  await backup.cancel();

  expect(await failureOf(backup)).toMatchObject({ type: 'Cancelled' });
  expect(await backup.describe()).toMatchObject({
    status: { name: 'CANCELLED' },
    memo: { BackupOutcome: 'cancelled' },
  });
  expect(await countAttempts(backup)).toMatchObject({ [stepOf(moment)]: 1, releaseStaging: 1 });
  // The worker itself is all that runs, and it has cleaned up before the workflow ended.
  expect(await findProcesses(system.scratch)).toMatchObject([{ pid: system.worker.pid }]);
  expect(await system.listStaging()).toEqual([]);
  await expectEmptyStore(system.store);

  const next = await system.startBackup('app');
  await expectOneWholeBackup(system, (await next.result()).backupId);
});

// Whether its manifest came to be is not known any more, so the artifact is not taken away: prune sweeps it if it has none.
test.concurrent('a backup cancelled while the manifest is on its way there has no manifest', async () => {
  await using system = await startHeldSystem('commit', servers());
  const backup = await system.startBackup('app');
  await system.held();
  await backup.cancel();

  expect(await failureOf(backup)).toMatchObject({ type: 'Cancelled' });
  expect(await system.listStaging()).toEqual([]);
  expect(await listStore(system.store)).toEqual({
    objects: [expect.stringMatching(/\.dump\.tar\.zst\.gpg$/)],
    unfinished: [],
  });
});

test.concurrent(
  'a backup cancelled while the store answers that the manifest is there is whole',
  async () => {
    await using system = await startHeldSystem('commit, answer on its way', servers());
    const backup = await system.startBackup('app');
    await system.held();
    const { backupId } = await backup.query(backupProgressQuery);
    await backup.cancel();

    expect(await failureOf(backup)).toMatchObject({ type: 'Cancelled' });
    expect(await system.listStaging()).toEqual([]);
    await expectOneWholeBackup(system, backupId!);
  },
);

test.concurrent('a cancelled run cancels the backups that it has begun', async () => {
  await using system = await startHeldSystem('dump', servers());
  const run = await system.client.workflow.start('backupDatabases', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'night',
    args: [{}],
  });
  await system.held();
  const [child] = (await run.query(backupsProgressQuery)).backups;
  await run.cancel();

  expect(await failureOf(run)).toMatchObject({ type: 'Cancelled' });
  const backup = await system.client.workflow.getHandle(child!.workflowId).describe();
  expect(backup.status.name).toBe('CANCELLED');
  expect(await findProcesses(system.scratch)).toMatchObject([{ pid: system.worker.pid }]);
  expect(await system.listStaging()).toEqual([]);
  await expectEmptyStore(system.store);
});

// A termination tells nobody: the worker finds out with its next heartbeat, and staging is cleared by the next backup.
test.concurrent('a terminated backup is ended by its worker, and cleared up by the next one', async () => {
  await using system = await startHeldSystem('dump', servers());
  const backup = await system.startBackup('app');
  await system.held();
  await backup.terminate();
  await waitUntil('only the worker runs', async () => (await findProcesses(system.scratch)).length === 1);
  expect(await system.listStaging()).not.toEqual([]);

  const { backupId } = await (await system.startBackup('app')).result();
  expect(await system.listStaging()).toEqual([]);
  await expectOneWholeBackup(system, backupId);
});
