import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DisasterDrillResult } from '../../../src/model/disaster-drill.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import { startMinio } from '../../../tools/servers/minio.js';
import { SERVER, startBackupSystem } from '../../support/backup-system.js';
import { directoryReplica, openReplica, untilEqual } from '../../support/replica-stores.js';
import { readJson } from '../../support/read-json.js';
import { runCli } from '../client/run-cli.js';

test('a server comes back from the replica while the primary is off', { timeout: 400_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tb-failover-'));
  try {
    await using s3 = await startMinio();
    await using system = await startBackupSystem({
      databases: ['app'],
      ...{ store: 's3', s3, encryption: 'gpg' },
      replicas: [await directoryReplica(directory)],
      configuration: { approvals: { provider: 'none' } },
      server: { wal: { maxAge: '2s' }, checks: { app: ['SELECT count(*) = 3 FROM kept'] } },
    });
    const run = (workflowType: string, workflowId: string, argument: object = {}) =>
      system.client.workflow.start(workflowType, {
        taskQueue: MAIN_QUEUE,
        workflowId,
        args: [{ server: SERVER, ...argument }],
      });
    await system.postgres.query('app', 'CREATE TABLE kept AS SELECT generate_series(1, 3) AS n');
    const archiver = await run('archiveWal', 'wal');
    try {
      await (await run('backupCluster', 'base')).result();
      const cli = ['--config', system.configurationFile];
      const synced = await runCli([...cli, 'stores', 'sync'], system.environment);
      expect(synced.exitCode).toBe(0);
      await untilEqual(system);
    } finally {
      await archiver.cancel();
      await archiver.result().catch(() => undefined);
    }

    await s3.kill();
    const drill = await run('drillDisasterRecovery', 'failover', { from: 'offsite' });
    const result = (await drill.result()) as DisasterDrillResult;
    expect(result).toMatchObject({ store: 'offsite', check: { canary: 'notWanted' } });
    expect(result.check.databases.map(({ outcome }) => outcome)).toEqual(['passed', 'passed']);
    expect(result.rpoSeconds).toBeUndefined();
    // Where the primary cannot take the report, the replica does.
    expect(await readJson(await openReplica(system), result.reportKey)).toMatchObject({
      id: result.drillId,
      store: 'offsite',
    });
    await s3.start();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
