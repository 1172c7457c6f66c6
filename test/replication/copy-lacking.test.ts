import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OperationError } from '../../src/model/failures.js';
import {
  baseManifestKey,
  walDigestKey,
  walGapKey,
  walKey,
  type Cluster,
} from '../../src/model/physical-keys.js';
import { copyLacking } from '../../src/replication/copy-lacking.js';
import { lagSeconds, measureLag } from '../../src/replication/measure-lag.js';
import { MemoryStore } from '../support/memory-store.js';
import { globalsOf, nameBackup, seedBackup, subjectOf } from '../support/seed-backup.js';
import { seedBase, seedWal, segmentNumber } from '../support/seed-base.js';

const signal = new AbortController().signal;
const app = subjectOf('prod', 'app');
const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
const night = (day: number) => new Date(Date.UTC(2026, 4, day, 2));

function twoStores() {
  const [primary, replica] = [new MemoryStore('primary'), new MemoryStore('replica')];
  const copy = () =>
    copyLacking({ primary, replica }, 'prod', {
      signal,
      onProgress: () => undefined,
      onPlan: () => undefined,
      onCopied: () => undefined,
      onAlive: () => undefined,
    });
  return { primary, replica, copy, lag: () => measureLag(primary, replica, 'prod', signal) };
}

/** Everything that a store may hold of a server. */
function seedAll(primary: MemoryStore): void {
  seedBackup(primary, app, night(1));
  seedBackup(primary, globalsOf('prod'), night(1));
  seedWal(primary, cluster, 10, 20);
  seedBase(primary, cluster, night(2), 12);
  primary.seed(walGapKey(cluster, segmentNumber(9)), '{}');
  primary.seed('drills/prod/2026/drill_20260501_040000.json', '{}');
  primary.seed('drills/prod/2026/drill_20260501_040000.md', '# Drill');
  primary.seed('verifications/prod/2026/verify_20260501_060000.json', '{}');
  primary.seed('audit/2026/05/01/20260501T020000_restore_1.json', '{}');
}

async function readAll(store: MemoryStore): Promise<Record<string, string>> {
  const entries = store.keys().map(async (key) => [key, String(await store.getDocument(key, signal))]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

describe('a replica', () => {
  it('gets everything that a recovery needs, once', async () => {
    const { primary, replica, copy, lag } = twoStores();
    seedAll(primary);
    const { objects } = await copy();
    expect(objects).toBe(primary.keys().length);
    expect(await readAll(replica)).toEqual(await readAll(primary));
    expect(await lag()).toEqual({ store: 'replica', objects: 0, bytes: 0, different: [] });
    expect(await copy()).toEqual({ objects: 0, bytes: 0, faults: [] });
  });

  it('has no backup without what belongs to it, at any moment', async () => {
    const { primary, replica, copy } = twoStores();
    seedAll(primary);
    const base = seedBase(primary, cluster, night(3), 15);
    let moments = 0;
    replica.onChange = () => {
      const keys = replica.keys();
      const { artifact, manifest } = nameBackup(app, night(1));
      if (keys.includes(manifest)) expect(keys).toContain(artifact);
      if (keys.includes(baseManifestKey(cluster, base.id))) {
        moments += 1;
        expect(keys).toContain(base.artifact.key);
        for (const segment of [15, 16, 17, 20])
          expect(keys).toContain(walKey(cluster, segmentNumber(segment), '.zst.gpg'));
      }
      for (let segment = 10; segment <= 20; segment += 1)
        if (keys.includes(walKey(cluster, segmentNumber(segment), '.zst.gpg')))
          expect(keys).toContain(walDigestKey(cluster, segmentNumber(segment)));
    };
    await copy();
    expect(moments).toBeGreaterThan(0);
  });

  it('gets nothing that does not exist yet, and nothing that is not ours', async () => {
    const { primary, replica, copy, lag } = twoStores();
    primary.seed(nameBackup(app, night(1)).artifact, 'four');
    primary.seed('postgres/prod/app/notes.txt', 'mine');
    seedBackup(primary, subjectOf('other', 'app'), night(1));
    expect(await lag()).toMatchObject({ objects: 0 });
    await copy();
    expect(replica.keys()).toEqual([]);
  });

  it('goes on where it was interrupted', async () => {
    const { primary, replica, copy } = twoStores();
    seedAll(primary);
    let changes = 0;
    replica.onChange = () => {
      changes += 1;
      if (changes === 12) throw new OperationError('StoreUnreachable', 'replica is gone; wait.');
    };
    await expect(copy()).rejects.toMatchObject({ type: 'StoreUnreachable' });
    expect(replica.keys().length).toBeLessThan(primary.keys().length);
    await copy();
    expect(await readAll(replica)).toEqual(await readAll(primary));
  });

  it('gets no damage, which is named, and all the rest', async () => {
    const { primary, replica, copy, lag } = twoStores();
    seedAll(primary);
    const damaged = seedBackup(primary, app, night(4));
    primary.seed(damaged.artifact, 'flip');
    const cut = seedBackup(primary, app, night(5));
    primary.seed(cut.artifact, 'fo');
    const unreadable = seedBackup(primary, app, night(6));
    primary.seed(unreadable.manifest, 'nonsense');
    const { faults } = await copy();
    expect(faults.map(({ key }) => key).sort()).toEqual(
      [damaged, cut, unreadable].map(({ manifest }) => manifest).sort(),
    );
    const bad = [damaged, cut, unreadable].flatMap(({ manifest, artifact }) => [manifest, artifact]);
    expect(replica.keys()).toEqual(primary.keys().filter((key) => !bad.includes(key)));
    expect(await lag()).toMatchObject({ objects: 6, since: new Date(night(4).getTime() + 600_000) });
  });

  it('gets no WAL file that somebody emptied, which is named, and all the rest', async () => {
    const { primary, replica, copy } = twoStores();
    seedWal(primary, cluster, 1, 3);
    const empty = walKey(cluster, segmentNumber(2), '.zst.gpg');
    primary.seed(empty, '');
    const { faults } = await copy();
    expect(faults).toEqual([
      {
        key: walDigestKey(cluster, segmentNumber(2)),
        message: expect.stringContaining(`${empty} in store "primary" is empty`) as string,
      },
    ]);
    expect(replica.keys()).toEqual(primary.keys().filter((key) => key !== empty));
  });

  it('keeps what it has under a key, and it is named', async () => {
    const { primary, replica, copy, lag } = twoStores();
    const { artifact, manifest } = seedBackup(primary, app, night(1));
    replica.seed(artifact, 'longer than four');
    expect(await lag()).toMatchObject({ objects: 1, different: [artifact] });
    const { faults } = await copy();
    expect(faults.map(({ key }) => key)).toEqual([artifact, manifest]);
    expect(String(await replica.getDocument(artifact, signal))).toBe('longer than four');
    expect(replica.keys()).toEqual([artifact]);
  });

  it('is not kept from copying by what is pruned meanwhile', async () => {
    const { primary, replica, copy } = twoStores();
    const { artifact, manifest } = seedBackup(primary, app, night(1));
    seedBackup(primary, app, night(2));
    const read = primary.getDocument.bind(primary);
    primary.getDocument = async (key, aborted) => {
      const document = await read(key, aborted);
      if (key === manifest) for (const gone of [manifest, artifact]) await primary.delete(gone, signal);
      return document;
    };
    expect(await copy()).toMatchObject({ faults: [] });
    const { artifact: kept, manifest: keptManifest } = nameBackup(app, night(2));
    expect(replica.keys()).toEqual([kept, keptManifest].sort());
  });

  it('keeps what only it has', async () => {
    const { primary, replica, copy, lag } = twoStores();
    seedBackup(replica, app, night(1));
    const before = replica.keys();
    seedBackup(primary, app, night(2));
    expect(await lag()).toMatchObject({ objects: 2, different: [] });
    await copy();
    expect(replica.keys()).toEqual(expect.arrayContaining(before));
  });

  it('gets WAL files too large to be held in memory', async () => {
    const { primary, replica, copy } = twoStores();
    const content = Buffer.alloc(33 * 1024 ** 2, 7);
    const key = walKey(cluster, segmentNumber(1), '.zst.gpg');
    primary.seed(key, content);
    await copy();
    const copied = (await replica.getDocument(key, signal))!;
    expect(createHash('sha256').update(copied).digest('hex')).toBe(
      createHash('sha256').update(content).digest('hex'),
    );
  });
});

it('a lag lasts as long as the oldest object that is missing has been there', async () => {
  const { primary, copy, lag } = twoStores();
  const now = new Date('2026-05-03T00:00:00Z');
  expect(lagSeconds(await lag(), now)).toBe(0);
  primary.seed('drills/prod/2026/drill_20260401_040000.json', '{}', new Date('2026-04-01T00:00:00Z'));
  expect(lagSeconds(await lag(), now)).toBe(0);
  for (const day of [1, 2])
    primary.seed(walKey(cluster, segmentNumber(day), '.zst'), 'wal', new Date(Date.UTC(2026, 4, day)));
  expect(lagSeconds(await lag(), now)).toBe(2 * 86_400);
  await copy();
  expect(lagSeconds(await lag(), now)).toBe(0);
});
