import { afterAll, beforeAll, expect, test } from 'vitest';
import { countAttempts } from '../support/activity-attempts.js';
import { startHeldRestoreSystem, restoreMoments, type HeldRestoreSystem } from '../support/held-restore.js';
import { startSharedServers, type SharedServers } from '../support/held-backup.js';
import { prepareOtherHost } from '../support/other-host.js';
import { findProcesses } from '../support/our-processes.js';
import { waitUntil } from '../support/wait-until.js';
import { failureOf } from '../support/workflow-failure.js';

let servers: SharedServers;
beforeAll(async () => {
  servers = await startSharedServers();
});
afterAll(() => servers[Symbol.asyncDispose]());

/** gpg's agent, told to end, takes a moment. */
const untilAlone = ({ scratch }: HeldRestoreSystem) =>
  waitUntil('the worker runs alone', async () => (await findProcesses(scratch)).length === 1);

test.concurrent.each(restoreMoments)(
  'a worker killed in the middle of %s: the next one finishes the restore',
  async (moment) => {
    await using system = await startHeldRestoreSystem(moment, servers);
    const restore = await system.startRestore();
    await system.held();
    await system.worker.kill('SIGKILL');
    await system.worker.start();

    const { restored } = await restore.result();
    expect(restored).toMatchObject({ tables: 1, rows: 1000 });
    expect(await system.restoredDatabases()).toEqual([restored!.database]);
    await untilAlone(system);
    expect(await system.listStaging()).toEqual([]);
  },
);

test.concurrent.each(restoreMoments)('a restore cancelled in %s leaves nothing', async (moment) => {
  await using system = await startHeldRestoreSystem(moment, servers);
  const restore = await system.startRestore({ mode: 'swap' });
  await system.held();
  await restore.cancel();

  expect(await failureOf(restore)).toMatchObject({ type: 'Cancelled' });
  expect(await system.restoredDatabases()).toEqual([]);
  await untilAlone(system);
  expect(await system.listStaging()).toEqual([]);
});

test.concurrent(
  'a second restore of the same database, or a backup of it, is refused meanwhile',
  async () => {
    await using system = await startHeldRestoreSystem('restore', servers);
    const restore = await system.startRestore();
    await system.held();
    expect(await failureOf(await system.startRestore())).toMatchObject({ type: 'AlreadyRunning' });
    await system.release();
    const { restored } = await restore.result();
    expect(await system.restoredDatabases()).toEqual([restored!.database]);
  },
);

test.concurrent('a restore whose staging host never comes back is made anew on another one', async () => {
  await using system = await startHeldRestoreSystem('restore', servers);
  const otherHost = await prepareOtherHost(system);
  const restore = await system.startRestore({ mode: 'swap' });
  await system.held();
  await system.worker.kill('SIGKILL');
  // Its database is there, half filled: the other host removes it, and makes it again under the name that was planned.
  const [unfinished] = await system.restoredDatabases();

  try {
    await otherHost.start();
    const { replaced, restored, plan } = await restore.result();
    expect(unfinished).toBe(plan.into.database);
    expect(restored).toMatchObject({ database: plan.backup.database, rows: 1000 });
    expect(await system.restoredDatabases()).toEqual([replaced!.database]);
    expect(await countAttempts(restore)).toMatchObject({ planRestore: 1, reserveRestoreStaging: 2, swap: 1 });
  } finally {
    await otherHost.stop();
  }

  // When the lost host is back after all, its next restore clears up what it had left.
  expect(await system.listStaging()).not.toEqual([]);
  await system.worker.start();
  await (await system.startRestore()).result();
  expect(await system.listStaging()).toEqual([]);
});
