import { describe, expect, it } from 'vitest';
import {
  chainOf,
  chooseParent,
  commitBaseManifest,
  findBaseBackup,
  listBaseBackups,
  listBaseObjects,
} from '../../src/catalogue/base-backups.js';
import { baseManifestKey, type Cluster } from '../../src/model/physical-keys.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleBaseManifest, seedBase } from '../support/seed-base.js';

const signal = new AbortController().signal;
const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
const anew: Cluster = { server: 'prod', systemIdentifier: '7600000000000000001' };
const sunday = new Date('2026-06-07T01:00:00Z');
const days = (number: number) => new Date(sunday.getTime() + number * 86_400_000);

describe('base backups in a store', () => {
  it('are listed oldest first, over all incarnations of the server and of no other one', async () => {
    const store = new MemoryStore();
    const second = seedBase(store, cluster, days(7), 20);
    const third = seedBase(store, anew, days(8), 1);
    const first = seedBase(store, cluster, sunday, 10);
    seedBase(store, { ...cluster, server: 'prod2' }, sunday, 10);
    store.seed(`base/prod/${cluster.systemIdentifier}/notes.txt`, 'x');
    const ids = (await listBaseBackups(store, 'prod', signal)).map(({ id }) => id);
    expect(ids).toEqual([first.id, second.id, third.id]);
    expect(await findBaseBackup(store, 'prod', third.id, signal)).toEqual(third);
    expect(await findBaseBackup(store, 'prod', 'base_20200101_000000', signal)).toBeUndefined();
    // A database may be called base.
    expect(await findBaseBackup(store, 'prod', 'agentic_20260607_010000', signal)).toBeUndefined();
  });

  it('without a manifest are none', async () => {
    const store = new MemoryStore();
    const { id, artifact } = seedBase(store, cluster, sunday, 10);
    await store.delete(baseManifestKey(cluster, id), signal);
    const { backups, orphans } = await listBaseObjects(store, 'prod', signal);
    expect(backups).toEqual([]);
    expect(orphans).toMatchObject([{ key: artifact.key }]);
  });

  it('come to be once, and only with all that they are made of', async () => {
    const store = new MemoryStore();
    const manifest = sampleBaseManifest(cluster, sunday, 10);
    const commit = () => commitBaseManifest(store, manifest, signal);
    await expect(commit()).rejects.toMatchObject({ type: 'ArtifactDamaged' });
    store.seed(manifest.artifact.key, 'three bytes too many');
    await expect(commit()).rejects.toMatchObject({ type: 'ArtifactDamaged' });
    store.seed(manifest.artifact.key, 'four');
    const key = await commit();
    expect(await commit()).toBe(key);
    expect(await listBaseBackups(store, 'prod', signal)).toEqual([manifest]);
    const other = { ...manifest, dataBytes: 1 };
    await expect(commitBaseManifest(store, other, signal)).rejects.toMatchObject({ type: 'StoreConflict' });

    const backupManifest = { ...manifest.artifact, key: `${manifest.artifact.key}.backup_manifest.zst` };
    const lacking = { ...sampleBaseManifest(cluster, days(1), 10), backupManifest };
    store.seed(lacking.artifact.key, 'four');
    await expect(commitBaseManifest(store, lacking, signal)).rejects.toMatchObject({
      type: 'ArtifactDamaged',
    });
  });
});

describe('a chain of incremental base backups', () => {
  const { artifact } = sampleBaseManifest(cluster, sunday, 10);
  const can = { backupManifest: { ...artifact, key: 'kept' } };
  const whole = sampleBaseManifest(cluster, sunday, 10, can);
  const monday = sampleBaseManifest(cluster, days(1), 20, { ...can, incrementalTo: whole.id });
  const saturday = sampleBaseManifest(cluster, days(6), 60, { ...can, incrementalTo: monday.id });

  it('leads from the whole one to the last', () => {
    expect(chainOf([whole, monday, saturday], saturday)).toEqual([whole, monday, saturday]);
    expect(chainOf([whole, monday], whole)).toEqual([whole]);
    expect(chainOf([whole, saturday], saturday)).toBeUndefined();
    // The same id of another incarnation is another backup.
    expect(chainOf([{ ...whole, ...anew }, monday], monday)).toBeUndefined();
  });

  it('goes on for a week', () => {
    const parentAt = (time: Date, backups = [whole, monday]) => chooseParent(backups, cluster, time)?.id;
    expect(parentAt(days(2))).toBe(monday.id);
    expect(parentAt(days(6), [whole, monday, saturday])).toBe(saturday.id);
    // The next Sunday, some seconds earlier in the hour.
    expect(parentAt(new Date(days(7).getTime() - 10_000), [whole, monday, saturday])).toBeUndefined();
  });

  it('is not begun from what cannot be gone on from', () => {
    const parent = (...backups: (typeof whole)[]) => chooseParent(backups, cluster, days(2));
    expect(parent()).toBeUndefined();
    expect(parent(sampleBaseManifest(cluster, sunday, 10))).toBeUndefined();
    expect(parent({ ...whole, ...anew })).toBeUndefined();
    expect(parent(monday)).toBeUndefined();
  });
});
