import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { backupProgressQuery } from '../../src/workflows/queries.js';
import { startS3Proxy, type ProxiedRequest } from '../integration/stores/s3-proxy.js';
import { countAttempts } from '../support/activity-attempts.js';
import { startBackupSystem, type BackupSystem } from '../support/backup-system.js';
import { createBigTable } from '../support/big-table.js';
import { makeGate } from '../support/gate.js';
import { startSharedServers } from '../support/held-backup.js';
import { shareInFile } from '../support/share-in-file.js';
import { makeNamespace } from '../support/temporal-namespace.js';
import { waitUntil } from '../support/wait-until.js';
import { expectOneWholeBackup, listStore } from '../support/whole-backup.js';
import { makeWrappedPrograms } from '../support/wrapped-programs.js';

const servers = shareInFile(startSharedServers);
beforeAll(async () => {
  const { postgres } = servers();
  await postgres.query('postgres', 'CREATE DATABASE large');
  await createBigTable(postgres, 'large', 600_000); // 39 MB: five parts, one more than are in flight at once
});

/** Changes one byte of the artifact on staging, before its last. */
async function flipByte(system: BackupSystem): Promise<void> {
  const artifact = (await system.listStaging()).find((file) => file.endsWith('/encrypt/artifact'))!;
  const handle = await open(join(system.stagingDirectory, artifact), 'r+');
  try {
    const position = (await handle.stat()).size - 2;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, position);
    await handle.write(Buffer.of(buffer[0]! ^ 1), 0, 1, position);
  } finally {
    await handle.close();
  }
}

async function removeStored({ store }: BackupSystem): Promise<void> {
  const { objects } = await listStore(store);
  await store.delete(objects[0]!, new AbortController().signal);
}

interface Damage {
  database: string;
  /** Which request for the artifact waits until the damage is done: the how many-th of its method. */
  before: { method: string; count: number };
  damage: (system: BackupSystem) => Promise<void>;
  /** The steps, besides those before uploading, that were done twice. */
  twice: string[];
}

const head = (count: number) => ({ method: 'HEAD', count });
const cases: [what: string, Damage][] = [
  ['on staging before it is sent', { database: 'app', before: head(1), damage: flipByte, twice: ['upload'] }],
  [
    'on staging while its parts are sent',
    { database: 'large', before: { method: 'PUT', count: 1 }, damage: flipByte, twice: ['upload'] },
  ],
  [
    'lost in the store before it is verified',
    { database: 'app', before: head(2), damage: removeStored, twice: ['upload', 'verify'] },
  ],
  [
    'lost in the store before it is committed',
    { database: 'app', before: head(3), damage: removeStored, twice: ['upload', 'verify', 'commit'] },
  ],
];

test.concurrent.each(cases)(
  'an artifact that is damaged is made anew at once: %s',
  async (_what, { database, before, damage, twice }) => {
    const gate = makeGate();
    let asked = 0;
    const hold = ({ method, url }: ProxiedRequest) => {
      if (method !== before.method || !/\.gpg(\?|$)/.test(url)) return undefined;
      return (asked += 1) === before.count ? gate.enter() : undefined;
    };
    await using proxy = await startS3Proxy(servers().s3.endpoint, { holdRequest: hold });
    await using system = await startBackupSystem({
      databases: [database],
      postgres: servers().postgres,
      temporal: await makeNamespace(servers().temporal),
      store: 's3',
      s3: servers().s3,
      s3Endpoint: proxy.endpoint,
      encryption: 'gpg',
      key: servers().key,
    });
    const backup = await system.startBackup(database);
    await gate.held;
    const { backupId: damaged } = await backup.query(backupProgressQuery);
    await damage(system);
    // Ids are of the second.
    const begun = Date.now();
    await waitUntil('a second has passed', () => Date.now() > begun + 1000);
    gate.open();

    const { backupId } = await backup.result();
    expect(backupId).not.toBe(damaged);
    const once = { upload: 1, verify: 1, commit: 1 };
    const local = { dump: 2, compress: 2, readBack: 2, encrypt: 2 };
    const light = { planBackup: 2, reserveStaging: 2, releaseStaging: 2, discardUpload: 1, recordAudit: 1 };
    expect(await countAttempts(backup)).toEqual({
      ...{ ...once, ...local, ...light },
      ...Object.fromEntries(twice.map((step) => [step, 2])),
    });
    expect(await system.listStaging()).toEqual([]);
    await expectOneWholeBackup(system, backupId);
  },
);

test.concurrent('an archive that is damaged is never sent, and made anew at once', async () => {
  await using programs = await makeWrappedPrograms();
  await programs.wrap({
    name: 'tar',
    argument: '--create',
    script: '"$real" "$@" || exit; [ "$run" != 1 ] || truncate --size=-10 "$output"',
  });
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres: servers().postgres,
    temporal: await makeNamespace(servers().temporal),
    encryption: 'gpg',
    key: servers().key,
    programDirectories: [programs.directory],
  });
  const backup = await system.startBackup('app');
  const { backupId } = await backup.result();
  const attempts = await countAttempts(backup);
  expect(attempts).toMatchObject({ dump: 2, compress: 2, readBack: 2, upload: 1, verify: 1, commit: 1 });
  expect(await system.listStaging()).toEqual([]);
  await expectOneWholeBackup(system, backupId);
});
