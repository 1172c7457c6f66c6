import { expect, it } from 'vitest';
import { createSubjectReader } from '../../src/metrics/read-subjects.js';
import { CountingStore } from '../support/counting-store.js';
import { sampleManifest } from '../support/sample-manifest.js';
import { globalsOf, nameBackup, seedBackup, seedNights, subjectOf } from '../support/seed-backup.js';

const signal = new AbortController().signal;
const now = new Date('2026-06-02T04:00:00Z');
const app = subjectOf('prod', 'app');
const night = (day: number) => new Date(Date.UTC(2026, 4, day, 2));

/** A backup whose artifact has so many bytes. */
function seedSized(store: CountingStore, time: Date, bytes: number): void {
  const { id, artifact, manifest } = nameBackup(app, time);
  store.seed(artifact, Buffer.alloc(bytes));
  store.seed(manifest, JSON.stringify(sampleManifest(app, id, bytes)));
}

it('reads the manifests of what is compared, and none again', async () => {
  const store = new CountingStore();
  for (const name of ['app', 'other', 'globals']) seedNights(store, subjectOf('prod', name), 5, now);
  seedNights(store, globalsOf('prod'), 5, now);
  const read = createSubjectReader(store);
  const first = await read('prod', signal, now);
  expect(first.subjects).toHaveLength(4);
  expect(store.reads).toBe(20);
  expect(await read('prod', signal, now)).toEqual(first);
  expect(store.reads).toBe(20);
  seedBackup(store, app, new Date('2026-06-02T03:00:00Z'));
  const { subjects } = await read('prod', signal, now);
  expect(store.reads).toBe(21);
  expect(subjects[0]).toMatchObject({ subject: app, time: new Date('2026-06-02T03:00:00Z'), bytes: 4 });
});

it('passes over what does not count, and counts it', async () => {
  const store = new CountingStore();
  seedSized(store, night(1), 10);
  seedSized(store, night(2), 20);
  store.seed(nameBackup(app, night(2)).artifact, 'cut');
  seedSized(store, night(3), 30);
  store.seed(nameBackup(app, night(3)).manifest, '{"format":"1.0"}');
  seedSized(store, new Date('2027-01-01T02:00:00Z'), 40);
  store.seed('postgres/prod/app/README', 'x');
  const read = createSubjectReader(store);
  const { subjects, unreadable } = await read('prod', signal, now);
  expect(subjects).toMatchObject([{ time: night(1), bytes: 10 }]);
  expect(unreadable).toEqual({ foreign: 1, manifest: 1, artifact: 1, future: 1 });

  // Somebody has brought the manifest back.
  const { id, manifest } = nameBackup(app, night(3));
  store.seed(manifest, JSON.stringify(sampleManifest(app, id, 30)));
  const repaired = await read('prod', signal, now);
  expect(repaired.subjects).toMatchObject([{ time: night(3), bytes: 30 }]);
  expect(repaired.unreadable).toMatchObject({ manifest: 0, artifact: 0 });
});

it('compares the size with the median of the seven before', async () => {
  const store = new CountingStore();
  const read = createSubjectReader(store);
  const change = async () => (await read('prod', signal, now)).subjects[0]?.sizeChange;
  seedSized(store, night(1), 1000);
  expect(await change()).toBeUndefined();
  [2, 3, 4, 5].forEach((day) => seedSized(store, night(day), 100));
  [6, 7, 8].forEach((day) => seedSized(store, night(day), 200));
  seedSized(store, night(9), 50);
  // Seven before: four of 100 and three of 200; the one of 1000 is too old.
  expect(await change()).toBe(-0.5);
});

it('compares the size with that of whole backups only', async () => {
  const store = new CountingStore();
  const read = createSubjectReader(store);
  seedSized(store, night(1), 100);
  [2, 3].forEach((day) => {
    seedSized(store, night(day), 100);
    store.seed(nameBackup(app, night(day)).artifact, 'cut');
  });
  seedSized(store, night(4), 100);
  store.seed(nameBackup(app, night(4)).manifest, '{"format":');
  seedSized(store, night(5), 150);
  const { subjects, unreadable } = await read('prod', signal, now);
  expect(subjects).toMatchObject([{ time: night(5), sizeChange: 0.5 }]);
  expect(unreadable).toMatchObject({ manifest: 0, artifact: 0 });
});
