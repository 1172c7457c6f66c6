import { expect, test } from 'vitest';
import { backupProgressQuery } from '../../src/workflows/queries.js';
import { countAttempts, waitForFailedAttempt } from '../support/activity-attempts.js';
import { startHeldSystem, startSharedServers } from '../support/held-backup.js';
import { prepareOtherHost } from '../support/other-host.js';
import { shareInFile } from '../support/share-in-file.js';
import { expectOneWholeBackup, listStore } from '../support/whole-backup.js';

const servers = shareInFile(startSharedServers);

test.concurrent(
  'a worker that is asked to stop in the middle of a dump ends it; the next one dumps again',
  async () => {
    await using system = await startHeldSystem('dump', servers());
    const backup = await system.startBackup('app');
    await system.held();

    await system.worker.stop();
    expect(await system.listStaging()).toEqual([expect.stringMatching(/^reservations\//)]);
    await system.worker.start();

    const { backupId } = await backup.result();
    expect(await countAttempts(backup)).toMatchObject({ dump: 2, compress: 1, commit: 1, releaseStaging: 1 });
    await expectOneWholeBackup(system, backupId);
  },
);

test.concurrent(
  'a dump that ends within the grace time of a worker asked to stop is not done again',
  async () => {
    await using system = await startHeldSystem('dump', servers(), { worker: { shutdownGrace: '60s' } });
    const backup = await system.startBackup('app');
    await system.held();

    const stopped = system.worker.stop();
    await system.release();
    await stopped;
    await system.worker.start();

    const { backupId } = await backup.result();
    expect(await countAttempts(backup)).toMatchObject({ dump: 1, compress: 1, commit: 1 });
    await expectOneWholeBackup(system, backupId);
  },
);

// As a virtual machine that is paused: the server gives the attempt to another one while the first still goes on.
test.concurrent.each(['dump', 'upload', 'commit'] as const)(
  'a worker frozen for longer than the heartbeat timeout does no harm when it goes on: %s',
  async (moment) => {
    await using system = await startHeldSystem(moment, servers());
    const backup = await system.startBackup('app');
    await system.held();
    process.kill(system.worker.pid, 'SIGSTOP');
    await waitForFailedAttempt(backup, moment);
    process.kill(system.worker.pid, 'SIGCONT');
    await system.release();

    const { backupId } = await backup.result();
    expect(await countAttempts(backup)).toMatchObject({ [moment]: 2, releaseStaging: 1 });
    await expectOneWholeBackup(system, backupId);
  },
);

test.concurrent('a backup whose staging host never comes back is made anew on another one', async () => {
  await using system = await startHeldSystem('upload, answer on its way', servers());
  const otherHost = await prepareOtherHost(system);
  const backup = await system.startBackup('app');
  await system.held();
  const first = await backup.query(backupProgressQuery);
  await system.worker.kill('SIGKILL');
  expect((await listStore(system.store)).objects).toEqual([expect.stringContaining(first.backupId!)]);

  try {
    await otherHost.start();
    const { backupId } = await backup.result();
    // Another id: what the lost host may still do under the first one is nobody's trouble.
    expect(backupId).not.toBe(first.backupId);
    expect(await countAttempts(backup)).toMatchObject({
      planBackup: 2,
      dump: 2,
      commit: 1,
      discardUpload: 1,
    });
    await expectOneWholeBackup(system, backupId);
  } finally {
    await otherHost.stop();
  }

  // When the lost host is back after all, its next backup clears up what it had left.
  expect(await system.listStaging()).not.toEqual([]);
  await system.worker.start();
  await (await system.startBackup('app')).result();
  expect(await system.listStaging()).toEqual([]);
});
