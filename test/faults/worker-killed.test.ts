import { expect, test } from 'vitest';
import { backupProgressQuery } from '../../src/workflows/queries.js';
import { startToxiproxy } from '../../tools/servers/toxiproxy.js';
import { countAttempts } from '../support/activity-attempts.js';
import { moments, startHeldSystem, startSharedServers, stepOf } from '../support/held-backup.js';
import { findProcesses } from '../support/our-processes.js';
import { shareInFile } from '../support/share-in-file.js';
import { makeNamespace } from '../support/temporal-namespace.js';
import { waitUntil } from '../support/wait-until.js';
import { expectOneWholeBackup } from '../support/whole-backup.js';

const servers = shareInFile(startSharedServers);

/** The program that a worker killed in a step leaves running, and how many processes of it can be told by their names. */
const programs: Record<string, [name: string, processes: number]> = {
  dump: ['pg_dump', 2],
  compress: ['tar', 2],
  readBack: ['zstd', 1],
  encrypt: ['gpg', 2],
};

test.concurrent.each(moments)('a worker killed in the middle is replaced: %s', async (moment) => {
  await using system = await startHeldSystem(moment, servers());
  const step = stepOf(moment);
  const backup = await system.startBackup('app');
  await system.held();
  const { backupId } = await backup.query(backupProgressQuery);

  await system.worker.kill('SIGKILL');
  const orphans = await findProcesses(system.scratch);
  expect(orphans).toHaveLength(programs[step]?.[1] ?? 0);
  await system.worker.start();

  expect(await backup.result()).toMatchObject({ backupId, rows: 1000 });
  const once = { dump: 1, compress: 1, readBack: 1, encrypt: 1, upload: 1, verify: 1, commit: 1 };
  expect(await countAttempts(backup)).toEqual({
    ...once,
    [step]: 2,
    ...{ planBackup: 1, reserveStaging: 1, releaseStaging: 1, recordAudit: 1 },
  });
  const ran = { pg_dump: 1, tar: 1, zstd: 1, gpg: 1 };
  expect(await system.countRuns()).toEqual({ ...ran, ...(programs[step] ? { [programs[step][0]]: 2 } : {}) });
  await expectOneWholeBackup(system, backupId!);
});

// Temporal hears nothing of the first attempt's success, and asks for another.
test.concurrent(
  'a step that was finished but not reported when the worker died is not done again',
  async () => {
    await using toxiproxy = await startToxiproxy();
    const proxy = await toxiproxy.createProxy(servers().temporal.address);
    const temporal = await makeNamespace({ ...servers().temporal, address: `${proxy.host}:${proxy.port}` });
    await using system = await startHeldSystem('dump', servers(), { temporal });
    const backup = await system.startBackup('app');
    await system.held();
    await proxy.disable();
    await system.release();
    await waitUntil('the dump is complete', async () =>
      (await system.listStaging()).some((file) => file.endsWith('/dump/result.json')),
    );
    await system.worker.kill('SIGKILL');
    await proxy.enable();
    await system.worker.start();

    const { backupId } = await backup.result();
    expect(await countAttempts(backup)).toMatchObject({ dump: 2, compress: 1 });
    expect(await system.countRuns()).toEqual({ pg_dump: 1, tar: 1, zstd: 1, gpg: 1 });
    await expectOneWholeBackup(system, backupId);
  },
);
