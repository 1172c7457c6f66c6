import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHeldRestoreSystem, restoreMoments } from '../support/held-restore.js';
import { startSharedServers, type SharedServers } from '../support/held-backup.js';
import { findProcesses } from '../support/our-processes.js';
import { failureOf } from '../support/workflow-failure.js';

let servers: SharedServers;
beforeAll(async () => {
  servers = await startSharedServers();
});
afterAll(() => servers[Symbol.asyncDispose]());

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
    expect(await findProcesses(system.scratch)).toMatchObject([{ pid: system.worker.pid }]);
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
  expect(await findProcesses(system.scratch)).toMatchObject([{ pid: system.worker.pid }]);
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
