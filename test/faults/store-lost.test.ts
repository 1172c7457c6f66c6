import { beforeAll, expect, test } from 'vitest';
import { startToxiproxy, type Proxy } from '../../tools/servers/toxiproxy.js';
import { startS3Proxy } from '../integration/stores/s3-proxy.js';
import { countAttempts, waitForFailedAttempt } from '../support/activity-attempts.js';
import { startBackupSystem } from '../support/backup-system.js';
import { createBigTable } from '../support/big-table.js';
import { startHeldSystem, startSharedServers, type HeldSystem } from '../support/held-backup.js';
import { shareInFile } from '../support/share-in-file.js';
import { makeNamespace } from '../support/temporal-namespace.js';
import { expectEmptyStore, expectOneWholeBackup } from '../support/whole-backup.js';
import { failureOf } from '../support/workflow-failure.js';

const servers = shareInFile(startSharedServers);
const toxiproxy = shareInFile(startToxiproxy);
beforeAll(() => createBigTable(servers().postgres, 'app', 60_000));

/** A system held before its upload, which reaches the store through a proxy that a test can disturb. */
async function startProxiedSystem(): Promise<HeldSystem & { proxy: Proxy }> {
  const proxy = await toxiproxy().createProxy(new URL(servers().s3.endpoint).host);
  const s3Endpoint = `http://${proxy.host}:${proxy.port}`;
  return { ...(await startHeldSystem('dump', servers(), { s3Endpoint })), proxy };
}

/** Each makes the store fail and answers with how it is mended. */
const troubles: Record<string, (proxy: Proxy) => Promise<() => Promise<void>>> = {
  'refuses connections': async (proxy) => {
    await proxy.disable();
    return () => proxy.enable();
  },
  'resets connections': async (proxy) => {
    const toxic = await proxy.addToxic({ type: 'reset_peer', attributes: { timeout: 0 } });
    return () => proxy.removeToxic(toxic);
  },
  'breaks off in the middle of the artifact': async (proxy) => {
    const toxic = await proxy.addToxic({
      type: 'limit_data',
      stream: 'upstream',
      attributes: { bytes: 1e6 },
    });
    return () => proxy.removeToxic(toxic);
  },
};

test.concurrent.each(Object.keys(troubles))('a backup outlives a store that %s', async (trouble) => {
  await using system = await startProxiedSystem();
  const { proxy } = system;
  const backup = await system.startBackup('app');
  await system.held();
  const mend = await troubles[trouble]!(proxy);
  await system.release();
  const { type, message } = await waitForFailedAttempt(backup, 'upload');
  expect(type).toBe('StoreUnreachable');
  expect(message).toMatch(/^Store "[^"]+" \(s3:.*\): [^\n]+\.$/);
  await mend();

  const { backupId } = await backup.result();
  expect(await countAttempts(backup)).toMatchObject({
    dump: 1,
    compress: 1,
    encrypt: 1,
    verify: 1,
    commit: 1,
  });
  await expectOneWholeBackup(system, backupId);
});

test.concurrent('a slow store is not a failed one: the upload outlasts the heartbeat timeout', async () => {
  await using system = await startProxiedSystem();
  const { proxy } = system;
  await proxy.addToxic({ type: 'bandwidth', stream: 'upstream', attributes: { rate: 500 } });
  const backup = await system.startBackup('app');
  await system.held();
  await system.release();

  const { backupId, secondsPerStep } = await backup.result();
  expect(secondsPerStep.upload).toBeGreaterThan(3);
  expect(await countAttempts(backup)).toMatchObject({ upload: 1 });
  await expectOneWholeBackup(system, backupId);
});

test.concurrent('a store that forbids to write fails the backup at once, with one sentence', async () => {
  const { postgres, s3, temporal } = servers();
  await using proxy = await startS3Proxy(s3.endpoint, {
    answer: ({ method }) => (method === 'PUT' ? 403 : undefined),
  });
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres,
    temporal: await makeNamespace(temporal),
    store: 's3',
    s3,
    s3Endpoint: proxy.endpoint,
  });
  const backup = await system.startBackup('app');

  const { type, message } = await failureOf(backup);
  expect(type).toBe('StoreDenied');
  expect(message).toMatch(
    /^Store "[^"]+" \(s3:.*\): it refused the request \(.*403\); check the credentials[^\n]*\.$/,
  );
  expect(await countAttempts(backup)).toMatchObject({ upload: 1, releaseStaging: 1, discardUpload: 1 });
  expect(await system.listStaging()).toEqual([]);
  await expectEmptyStore(system.store);
});
