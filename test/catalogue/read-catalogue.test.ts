import { describe, expect, it } from 'vitest';
import { commitManifest } from '../../src/catalogue/commit-manifest.js';
import { latestBackups, latestManifest } from '../../src/catalogue/latest-backups.js';
import { listBackups } from '../../src/catalogue/list-backups.js';
import { findBackup, readManifest } from '../../src/catalogue/read-manifest.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleManifest } from '../support/sample-manifest.js';
import {
  globalsOf,
  nameBackup,
  seedBackup,
  seedNights,
  subjectOf,
  type SeededBackup,
} from '../support/seed-backup.js';

const signal = new AbortController().signal;
const now = new Date('2026-06-01T04:00:00Z');
const app = subjectOf('prod', 'app');
const awkward = subjectOf('prod', 'a/b "ü"');

describe('listBackups', () => {
  it('lists databases and globals of this server only, each oldest first, and nothing foreign', async () => {
    const store = new MemoryStore();
    const expected = [
      ...seedNights(store, awkward, 2, now),
      ...seedNights(store, app, 2, now),
      ...seedNights(store, subjectOf('prod', 'app_staging'), 2, now),
      ...seedNights(store, globalsOf('prod'), 2, now),
    ];
    seedNights(store, subjectOf('prod2', 'app'), 2, now);
    store.seed('postgres/prod/README', 'x');
    store.seed('globals/prod/app_20260601_020000.manifest.json', '{}');
    const { backups, orphans } = await listBackups(store, 'prod', signal);
    expect(backups.map(({ subject, id }) => ({ subject, id }))).toEqual(
      expected.map(({ subject, id }) => ({ subject, id })),
    );
    expect(orphans).toEqual([]);
    const [last] = expected.slice(3);
    expect(backups[3]).toEqual({
      subject: app,
      id: last!.id,
      time: new Date('2026-06-01T02:00:00Z'),
      manifestKey: last!.manifest,
      artifacts: [{ key: last!.artifact, bytes: 4, modifiedAt: new Date('2026-06-01T02:10:00Z') }],
    });
  });
});

describe('findBackup', () => {
  it('finds by id and the latest, also of globals beside a database of that name', async () => {
    const store = new MemoryStore();
    const [earlier, later] = seedNights(store, app, 2, now);
    const namesake = seedBackup(store, subjectOf('prod', 'globals'), new Date('2026-05-01T02:00:00Z'));
    const globals = seedBackup(store, globalsOf('prod'), new Date('2026-05-02T02:00:00Z'));
    const find = async (which: Parameters<typeof findBackup>[2]) => {
      const { kind, id } = await findBackup(store, 'prod', which, signal);
      return { kind, id };
    };
    expect(await find({ id: earlier!.id })).toEqual({ kind: 'database', id: earlier!.id });
    expect(await find({ latestOf: app })).toEqual({ kind: 'database', id: later!.id });
    expect(await find({ id: namesake.id })).toEqual({ kind: 'database', id: namesake.id });
    expect(await find({ id: globals.id })).toEqual({ kind: 'globals', id: globals.id });
    expect(await find({ latestOf: globalsOf('prod') })).toEqual({ kind: 'globals', id: globals.id });
  });

  it.each([
    [{ id: 'app_20260501_020000' }, 'backup app_20260501_020000'],
    [{ id: 'latest' }, 'backup latest'],
    [{ latestOf: app }, 'backup of database app'],
    [{ latestOf: globalsOf('prod') }, 'backup of the globals'],
  ])('says what there is none of (%#)', async (which, what) => {
    const store = new MemoryStore();
    // An artifact alone is no backup.
    store.seed(nameBackup(app, now).artifact, 'four');
    await expect(findBackup(store, 'prod', which, signal)).rejects.toMatchObject({
      type: 'InvalidArgument',
      message: `The store memory holds no ${what} on server prod; "temponest-backups list" shows what it holds.`,
    });
  });
});

describe('commitManifest', () => {
  const { id, artifact, manifest } = nameBackup(app, now);
  const document = sampleManifest(app, id, 4);

  it('writes what readManifest reads, and once more is success', async () => {
    const store = new MemoryStore();
    store.seed(artifact, 'four');
    expect(await commitManifest(store, document, signal)).toBe(manifest);
    expect(await commitManifest(store, structuredClone(document), signal)).toBe(manifest);
    expect(await readManifest(store, app, id, signal)).toEqual(document);
  });

  it('refuses a second, different manifest', async () => {
    const store = new MemoryStore();
    store.seed(artifact, 'four');
    await commitManifest(store, document, signal);
    const other = { ...document, runId: 'another' };
    await expect(commitManifest(store, other, signal)).rejects.toMatchObject({ type: 'StoreConflict' });
    expect(await readManifest(store, app, id, signal)).toEqual(document);
  });

  it.each([undefined, 'three'])(
    'refuses one whose artifact is not in the store as described',
    async (content) => {
      const store = new MemoryStore();
      if (content) store.seed(artifact, content);
      await expect(commitManifest(store, document, signal)).rejects.toMatchObject({
        type: 'ArtifactDamaged',
      });
      expect(store.keys()).not.toContain(manifest);
    },
  );

  it('refuses what is no manifest', async () => {
    const store = new MemoryStore();
    store.seed(artifact, 'four');
    const wrong = { ...document, artifact: { ...document.artifact, sha256: 'x' } };
    await expect(commitManifest(store, wrong, signal)).rejects.toThrow('sha256');
    expect(store.keys()).not.toContain(manifest);
  });
});

describe('the latest backups', () => {
  it('are one of each subject, with what its manifest counts', async () => {
    const store = new MemoryStore();
    seedNights(store, app, 3, now);
    seedNights(store, globalsOf('prod'), 2, now);
    const time = new Date('2026-06-01T02:00:00Z');
    expect(await latestBackups(store, 'prod', signal)).toEqual([
      {
        subject: app,
        id: 'app_20260601_020000',
        time,
        bytes: 4,
        contents: { tables: 2, rows: 412, dumpBytes: 93_500 },
      },
      { subject: globalsOf('prod'), id: 'globals_20260601_020000', time, bytes: 4 },
    ]);
  });

  it('show the others when one manifest cannot be read', async () => {
    const store = new MemoryStore();
    const { manifest, id } = seedBackup(store, app, now);
    store.seed(manifest, '{"format": "2.0"}');
    seedBackup(store, globalsOf('prod'), now);
    const [broken, whole] = await latestBackups(store, 'prod', signal);
    expect(broken).toMatchObject({
      id,
      bytes: 4,
      fault: expect.stringContaining('newer than 1.0') as string,
    });
    expect(broken).toHaveProperty('noneWhole', true);
    expect(whole).not.toHaveProperty('fault');
    expect(await latestManifest(store, app, signal)).toBeUndefined();
  });

  it('say when none before a damaged one is whole either', async () => {
    const store = new MemoryStore();
    const [first, second, third] = seedNights(store, app, 3, now) as [
      SeededBackup,
      SeededBackup,
      SeededBackup,
    ];
    store.seed(third.artifact, 'cut');
    store.seed(second.manifest, '{"format":');
    const [older] = await latestBackups(store, 'prod', signal);
    expect(older).toMatchObject({ id: third.id, fault: expect.stringContaining('3 bytes') as string });
    expect(older).not.toHaveProperty('noneWhole');
    await store.delete(first.artifact, signal);
    expect(await latestBackups(store, 'prod', signal)).toMatchObject([{ id: third.id, noneWhole: true }]);
  });

  it('are not those of a clock that was wrong, unless there is nothing else', async () => {
    const store = new MemoryStore();
    const other = subjectOf('prod', 'other');
    const future = new Date(Date.now() + 1000 * 24 * 3_600_000);
    for (const subject of [app, other]) seedBackup(store, subject, future);
    const { id } = seedBackup(store, app, now);
    const [ofApp, ofOther] = await latestBackups(store, 'prod', signal);
    expect(ofApp).toMatchObject({ id, contents: { tables: 2 } });
    expect(ofOther).toMatchObject({ fault: expect.stringContaining('dated in the future') as string });
    expect(await latestManifest(store, app, signal)).toMatchObject({ id });
    expect(await latestManifest(store, other, signal)).toMatchObject({ id: nameBackup(other, future).id });
  });

  it('give the manifest of the newest, if there is one', async () => {
    const store = new MemoryStore();
    expect(await latestManifest(store, app, signal)).toBeUndefined();
    const nights = seedNights(store, app, 3, now);
    expect(await latestManifest(store, app, signal)).toMatchObject({ id: nights[2]!.id });
  });
});
