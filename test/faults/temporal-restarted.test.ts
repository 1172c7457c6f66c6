import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTemporalDevServer } from '../../tools/servers/temporal.js';
import { startHeldSystem, startSharedServers } from '../support/held-backup.js';
import { expectOneWholeBackup } from '../support/whole-backup.js';

test('a backup goes on when Temporal has crashed and is back', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tb-temporal-'));
  try {
    await using servers = await startSharedServers();
    await using temporal = await startTemporalDevServer({ dbFile: join(directory, 'temporal.db') });
    await using system = await startHeldSystem('dump', servers, { temporal });
    const backup = await system.startBackup('app');
    await system.held();
    const { pid } = system.worker;

    await temporal.kill();
    await temporal.start();
    await system.release();

    const { backupId } = await backup.result();
    expect(system.worker.pid).toBe(pid);
    await expectOneWholeBackup(system, backupId);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
