import { expect, test } from 'vitest';
import { manifestKey } from '../../src/model/keys.js';
import { findReplaced } from '../../src/verification/find-replaced.js';
import { judgeReadBack } from '../../src/verification/judge-read-back.js';
import { judgeStore } from '../../src/verification/judge-store.js';
import { readStore } from '../../src/verification/read-store.js';
import { MemoryStore } from '../support/memory-store.js';
import { globalsOf, nameBackup, seedBackup, subjectOf, type SeededBackup } from '../support/seed-backup.js';
import { seedBase, segmentNumber } from '../support/seed-base.js';
import { seedSegments } from '../support/seed-wal.js';

const step = { signal: new AbortController().signal, onAlive: () => undefined };
const subject = subjectOf('one', 'app');
const cluster = { server: 'one', systemIdentifier: '7520361935213404212' };
const onDay = (day: number) => new Date(Date.UTC(2026, 10, day, 2));
const now = onDay(24);

const find = async (store: MemoryStore, damaged: string[] = []) => {
  const contents = await readStore(store, 'one', step, now);
  const objects = damaged.map((key) => ({ store: store.name, key }));
  const isReplaced = findReplaced([contents], objects, now);
  const summary = { objects: 1, bytes: 1, ofObjects: 1, ofBytes: 1, days: 1 };
  const record = { format: '1.0', id: 'verify_20261124_060000', server: 'one', summary, objects: [] };
  const read = objects.map((object) => ({ ...object, severity: 'critical' as const, fault: 'is damaged' }));
  return [
    ...judgeStore(contents, isReplaced, now),
    ...judgeReadBack('one', { ...record, damaged: read }, isReplaced),
  ];
};
const judge = async (store: MemoryStore) => (await find(store)).map(({ id }) => id);

test('a store that holds what its manifests say, and archived WAL, has no fault', async () => {
  const store = new MemoryStore();
  seedBackup(store, subject, onDay(23));
  seedBase(store, cluster, onDay(22), 3);
  seedSegments(store, cluster, 1, 3, 4, 5);
  expect(await judge(store)).toEqual([]);
});

test('an artifact without a manifest is an orphan after two days, and before that on its way', async () => {
  const store = new MemoryStore();
  const [old, young] = [nameBackup(subject, onDay(20)), nameBackup(subject, onDay(23))];
  store.seed(old.artifact, 'four', onDay(20));
  store.seed(young.artifact, 'four', onDay(23));
  expect(await judge(store)).toEqual([`orphan/memory/${old.artifact}`]);
});

test('a backup that is pruned while the store is read is not missed', async () => {
  const store = new MemoryStore();
  const { id, artifact } = seedBackup(store, subject, onDay(23));
  const readManifest = store.getDocument.bind(store);
  store.getDocument = async (...args) => {
    const document = await readManifest(...args);
    await store.delete(manifestKey(subject, id), step.signal);
    await store.delete(artifact, step.signal);
    return document;
  };
  const list = store.list.bind(store);
  store.list = async function* (...args) {
    for await (const object of list(...args)) if (object.key !== artifact) yield object;
  };
  expect(await judge(store)).toEqual([]);
});

test('foreign objects are named by their directory, once, and never as anything else', async () => {
  const store = new MemoryStore();
  for (const name of ['a.txt', 'b.txt']) store.seed(`postgres/one/app/${name}`, 'x', onDay(1));
  store.seed(`wal/one/7/${segmentNumber(1)}`, 'x', onDay(1));
  store.seed('postgres/other/app/c.txt', 'x', onDay(1));
  expect(await judge(store)).toEqual(['foreign/memory/postgres/one/app/', 'foreign/memory/wal/one/7/']);
});

test('what a newer whole backup replaces is a warning that says what ends it; without one it is critical', async () => {
  const store = new MemoryStore();
  const [missing, cut, unreadable, changed] = [18, 19, 20, 21].map((day) =>
    seedBackup(store, subject, onDay(day)),
  ) as [SeededBackup, SeededBackup, SeededBackup, SeededBackup];
  await store.delete(missing.artifact, step.signal);
  store.seed(cut.artifact, 'cut', onDay(19));
  store.seed(unreadable.manifest, '{"format":', onDay(20));
  // Neither the backup of another subject, nor one from the future, replaces them.
  seedBackup(store, globalsOf('one'), onDay(23));
  seedBackup(store, subject, new Date('2027-01-01T02:00:00Z'));
  const damaged = [changed.artifact];
  const severities = async (read: string[]) =>
    (await find(store, read)).map(({ id, severity }) => `${severity} ${id.split('/')[0]}`).sort();
  expect(await severities(damaged)).toEqual([
    'critical artifact-missing',
    'critical artifact-size',
    'critical damaged',
    'critical manifest-unreadable',
  ]);

  const newer = seedBackup(store, subject, onDay(22));
  expect(await severities(damaged)).toEqual([
    'warning artifact-missing',
    'warning artifact-size',
    'warning damaged',
    'warning manifest-unreadable',
  ]);
  for (const { remedy } of await find(store, damaged))
    expect(remedy).toMatch(/a newer (one|backup) replaces it/);

  // A newer one that is damaged itself replaces nothing, and is not replaced.
  expect(await severities([...damaged, newer.artifact])).not.toContainEqual(expect.stringMatching('warning'));
});

test('a base backup is not replaced by a newer one', async () => {
  const store = new MemoryStore();
  const { artifact } = seedBase(store, cluster, onDay(15), 3);
  seedBase(store, cluster, onDay(22), 3);
  await store.delete(artifact.key, step.signal);
  expect((await find(store)).map(({ severity }) => severity)).toEqual(['critical']);
});
