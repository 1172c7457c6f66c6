import { expect, it } from 'vitest';
import { backupProgressQuery } from '../../../src/workflows/queries.js';
import { countAttempts, waitForFailedAttempt } from '../../support/activity-attempts.js';
import { pretendToArchive, startBase, untilAwaitingWal } from '../../support/base-runs.js';
import { makeGpgHome } from '../../support/gpg-home.js';
import { findProcesses } from '../../support/our-processes.js';
import { shareInFile } from '../../support/share-in-file.js';
import { expectEmptyStore } from '../../support/whole-backup.js';
import { failureOf } from '../../support/workflow-failure.js';
import { holdFirstRun, makeWrappedPrograms } from '../../support/wrapped-programs.js';
import { expectWholeBase, startBaseServers, startBaseSystem } from './base-tests.js';

const servers = shareInFile(startBaseServers);

/** A system whose first base backup is held when pg_basebackup has sent all and not ended. */
async function startHeldBase() {
  const programs = await makeWrappedPrograms();
  const { binDirectory } = servers().postgres;
  const held = await programs.wrap({ name: 'pg_basebackup', from: binDirectory, script: holdFirstRun });
  const key = await makeGpgHome('backups@test.invalid');
  const system = await startBaseSystem(servers(), {
    ...{ encryption: 'gpg', key },
    programDirectories: [programs.directory],
  });
  return {
    ...system,
    held,
    async [Symbol.asyncDispose]() {
      await system[Symbol.asyncDispose]();
      await programs[Symbol.asyncDispose]();
      await key[Symbol.asyncDispose]();
    },
  };
}

it.concurrent('a worker killed in the middle is replaced, and the base backup taken again', async () => {
  await using system = await startHeldBase();
  const handle = await startBase(system);
  await system.held.held();
  const { backupId } = await handle.query(backupProgressQuery);
  await system.worker.kill('SIGKILL');
  // pg_basebackup with its child, zstd and gpg: nobody has told them.
  expect((await findProcesses(system.scratch)).length).toBeGreaterThan(0);
  await system.worker.start();
  await untilAwaitingWal(handle);
  expect(await findProcesses(system.scratch)).toMatchObject([{ pid: system.worker.pid }]);
  await pretendToArchive(system);
  expect(await handle.result()).toMatchObject({ backupId });
  expect(await countAttempts(handle)).toMatchObject({ baseBackup: 2, upload: 1, commitBaseBackup: 1 });
  expect(await system.held.runs()).toHaveLength(2);
  await expectWholeBase(system, backupId!);
});

it.concurrent(
  'a worker killed while its WAL is waited for is replaced, and nothing is done twice',
  async () => {
    await using system = await startBaseSystem(servers());
    const handle = await startBase(system);
    await untilAwaitingWal(handle);
    await system.worker.kill('SIGKILL');
    await pretendToArchive(system);
    await system.worker.start();
    const { backupId } = await handle.result();
    expect(await countAttempts(handle)).toMatchObject({ baseBackup: 1, upload: 1, verify: 1, awaitWal: 2 });
    await expectWholeBase(system, backupId);
  },
);

it.concurrent('one that is cancelled ends its programs and leaves nothing', async () => {
  await using system = await startHeldBase();
  const handle = await startBase(system);
  await system.held.held();
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ type: 'Cancelled' });
  expect(await findProcesses(system.scratch)).toMatchObject([{ pid: system.worker.pid }]);
  expect(await system.listStaging()).toEqual([]);
  await expectEmptyStore(system.store);
});

it.concurrent('one that the server never ends, for want of its own archiver, says so', async () => {
  await using programs = await makeWrappedPrograms();
  await programs.wrap({
    name: 'pg_basebackup',
    from: servers().postgres.binDirectory,
    // As the server warns, each time after twice the time.
    script: `"$real" "$@"; for seconds in 60 120 240; do
      echo "WARNING:  still waiting for all required WAL segments to be archived ($seconds seconds elapsed)" >&2
    done; sleep 1000`,
  });
  await using system = await startBaseSystem(servers(), { programDirectories: [programs.directory] });
  const handle = await startBase(system);
  await waitForFailedAttempt(handle, 'baseBackup');
  const [pending] = (await handle.describe()).raw.pendingActivities!;
  expect(pending!.lastFailure!.message).toMatch(
    /^Server main has sent everything, and has waited 240 s since/,
  );
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ type: 'Cancelled' });
  expect(await findProcesses(system.scratch)).toMatchObject([{ pid: system.worker.pid }]);
});
