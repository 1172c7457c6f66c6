import { expect, test } from 'vitest';
import { manifestKey } from '../../src/model/keys.js';
import { judgeStore } from '../../src/verification/judge-store.js';
import { readStore } from '../../src/verification/read-store.js';
import { MemoryStore } from '../support/memory-store.js';
import { nameBackup, seedBackup, subjectOf } from '../support/seed-backup.js';
import { seedBase, segmentNumber } from '../support/seed-base.js';
import { seedSegments } from '../support/seed-wal.js';

const step = { signal: new AbortController().signal, onAlive: () => undefined };
const subject = subjectOf('one', 'app');
const cluster = { server: 'one', systemIdentifier: '7520361935213404212' };
const onDay = (day: number) => new Date(Date.UTC(2026, 10, day, 2));
const now = onDay(24);

const judge = async (store: MemoryStore) =>
  judgeStore(await readStore(store, 'one', step, now), now).map(({ id }) => id);

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
