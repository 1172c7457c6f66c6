import { describe, expect, it } from 'vitest';
import { parseLsn } from '../../../src/model/wal-segment.js';
import {
  lastSegmentOf,
  makeBase,
  pretendToArchive,
  readCluster,
  startBase,
  untilAwaitingWal,
} from '../../support/base-runs.js';
import { shareInFile } from '../../support/share-in-file.js';
import { waitUntil } from '../../support/wait-until.js';
import { expectWholeBase, listBase, startBaseServers, startBaseSystem } from './base-tests.js';

const servers = shareInFile(startBaseServers);

describe('a base backup', () => {
  it.concurrent.each([
    { store: 'directory', encryption: 'none' },
    { store: 's3', encryption: 'gpg' },
  ] as const)('is whole in the store: $store, encryption $encryption', async (options) => {
    await using system = await startBaseSystem(servers(), options);
    const result = await makeBase(system);
    const manifest = await expectWholeBase(system, result.backupId);
    const cluster = await readCluster(system);
    const suffix = options.encryption === 'gpg' ? '.tar.zst.gpg' : '.tar.zst';
    const prefix = `base/main/${cluster.systemIdentifier}/${result.backupId}`;
    expect(result).toMatchObject({
      ...cluster,
      artifactKey: `${prefix}${suffix}`,
      manifestKey: `${prefix}.manifest.json`,
      timeline: 1,
    });
    expect(manifest).toMatchObject({
      kind: 'base',
      layout: 'stream',
      startLsn: result.startLsn,
      walSegmentBytes: 16_777_216,
      superuser: 'postgres',
      tablespaces: [],
    });
    expect(Date.parse(manifest.stopTime)).toBeGreaterThan(Date.parse(manifest.startTime));
    expect(parseLsn(manifest.stopLsn)).toBeGreaterThan(parseLsn(manifest.startLsn)!);
    expect(await listBase(system)).toEqual([result.artifactKey, result.manifestKey].sort());
    expect(await system.listStaging()).toEqual([]);
  });

  it.concurrent('does not exist before the WAL that it needs is in the store', async () => {
    await using system = await startBaseSystem(servers());
    const handle = await startBase(system);
    await untilAwaitingWal(handle);
    await pretendToArchive(system, { but: await lastSegmentOf(system) });
    expect(await listBase(system)).toEqual([expect.stringMatching(/\.tar\.zst$/)]);
    expect((await handle.describe()).status.name).toBe('RUNNING');

    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await listBase(system)).toEqual([]);
    expect(await system.listStaging()).toEqual([]);
  });

  it.concurrent('is one at a time, whoever starts it', async () => {
    await using system = await startBaseSystem(servers());
    const first = await startBase(system);
    await untilAwaitingWal(first);
    const second = system.client.workflow.execute('backupCluster', {
      taskQueue: 'temponest-backups',
      workflowId: `by-hand-${crypto.randomUUID()}`,
      args: [{}],
    });
    await expect(second).rejects.toMatchObject({ cause: { type: 'AlreadyRunning' } });
    await pretendToArchive(system);
    await waitUntil(
      'the first one is committed',
      async () => (await first.describe()).status.name === 'COMPLETED',
    );
  });
});
