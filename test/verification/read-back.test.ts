import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, expect, test } from 'vitest';
import { OperationError } from '../../src/model/failures.js';
import { verificationKey } from '../../src/model/keys.js';
import { walKey } from '../../src/model/physical-keys.js';
import type { ReadBackRecord } from '../../src/model/verification.js';
import { readBack } from '../../src/verification/read-back.js';
import type { ReadBackState } from '../../src/verification/read-back-turns.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleManifest } from '../support/sample-manifest.js';
import { nameBackup, subjectOf } from '../support/seed-backup.js';
import { segmentNumber } from '../support/seed-base.js';
import { sampleVerification, seedVerification } from '../support/sample-verification.js';

const { signal } = new AbortController();
const startedAt = new Date('2026-11-24T06:00:00Z');
const server = 'one';
const plan = {
  ...{ id: sampleVerification(server, startedAt).id, server, startedAt: startedAt.toISOString() },
  readBackDays: 1,
};
const step = { signal, onProgress: () => undefined, onAlive: () => undefined };

/** Puts a backup into the store whose manifest has the artifact's true digest; answers with the artifact's key. */
function seed(store: MemoryStore, day: number, content = `content ${day}`): string {
  const subject = subjectOf(server, 'app');
  const time = new Date(Date.UTC(2026, 10, day, 2));
  const { id, artifact, manifest } = nameBackup(subject, time);
  const described = sampleManifest(subject, id, content.length);
  described.artifact.sha256 = createHash('sha256').update(content).digest('hex');
  store.seed(artifact, content, time);
  store.seed(manifest, JSON.stringify(described), time);
  return artifact;
}

let store: MemoryStore;
let read: string[];
beforeEach(() => {
  store = new MemoryStore();
  read = [];
  const openRead = store.openRead.bind(store);
  store.openRead = (key, ...rest) => {
    read.push(key);
    return openRead(key, ...rest);
  };
});

const begin = (): ReadBackState => ({ after: {}, damaged: [] });
const run = (state = begin(), over: Partial<typeof plan> = {}) =>
  readBack([store], { ...plan, ...over }, state, step);

const throughHeartbeat = (state: ReadBackState) => JSON.parse(JSON.stringify(state)) as ReadBackState;

/** Has a store be gone from when an object of it is read; answers with what brings it back. */
function lose(one: MemoryStore, at?: string): () => void {
  const gone = () =>
    Promise.reject(new OperationError('StoreUnreachable', 'the store is gone; look for it.'));
  const [openRead, check] = [one.openRead.bind(one), one.check.bind(one)];
  one.openRead = (key, ...rest) => (at === undefined || key === at ? gone() : openRead(key, ...rest));
  one.check = gone;
  return () => Object.assign(one, { openRead, check });
}

/** Stores the record of one day's reading, as the activity does. */
async function runOn(day: number, state = begin()): Promise<ReadBackRecord> {
  const time = new Date(Date.UTC(2026, 10, day, 6));
  const { id } = sampleVerification(server, time);
  const record = await run(state, { id, startedAt: time.toISOString() });
  store.seed(verificationKey(server, id, 'readBack'), JSON.stringify(record));
  return record;
}

test('every artifact that is what its manifest says is read once, and one that is not is named', async () => {
  const [first, second] = [seed(store, 1), seed(store, 2)];
  store.seed(second, 'content 3', startedAt);
  const record = await run();
  expect(read).toEqual([first, second]);
  expect(record).toMatchObject({
    summary: { objects: 2, ofObjects: 2, days: 1 },
    objects: [{ store: 'memory', key: first, bytes: 9 }],
    damaged: [{ key: second, severity: 'critical', fault: 'does not have the SHA-256 it was made with' }],
  });
});

test('another try reads only what the one before it did not', async () => {
  const keys = [seed(store, 1), seed(store, 2), seed(store, 3)];
  store.seed(keys[0]!, 'content X', new Date('2026-11-01T02:00:00Z'));
  const state = begin();
  const find = lose(store, keys[2]);
  await expect(run(state)).rejects.toMatchObject({ type: 'StoreUnreachable' });

  find();
  read = [];
  const record = await run(throughHeartbeat(state));
  expect(read).toEqual([keys[2]]);
  expect(record.objects.map(({ key }) => key)).toEqual([keys[1], keys[2]]);
  expect(record.damaged.map(({ key }) => key)).toEqual([keys[0]]);
});

test('another try counts nothing of a replica as read that was lost before, and goes on there', async () => {
  const replica = new MemoryStore('replica');
  const keys = [1, 2, 3, 4].map((day) => seed(store, day));
  [1, 2, 3].forEach((day) => seed(replica, day));
  const state = begin();
  const readBoth = (from: ReadBackState) => readBack([store, replica], plan, from, step);
  const findReplica = lose(replica, keys[1]);
  const find = lose(store, keys[3]);
  await expect(readBoth(state)).rejects.toMatchObject({ type: 'StoreUnreachable' });

  find();
  const known = throughHeartbeat(state);
  const readOf = ({ objects }: ReadBackRecord, name: string) =>
    objects.filter((object) => object.store === name).map(({ key }) => key);
  const still = await readBoth(throughHeartbeat(known));
  expect(readOf(still, 'memory').sort()).toEqual(keys);
  expect(readOf(still, 'replica')).toEqual(keys.slice(0, 1));
  expect(still.summary.fault).toBe('the store is gone; look for it.');

  findReplica();
  replica.seed(keys[2]!, 'content X', new Date('2026-11-03T02:00:00Z'));
  const back = await readBoth(known);
  expect(readOf(back, 'replica')).toEqual(keys.slice(0, 2));
  expect(back.damaged).toMatchObject([{ store: 'replica', key: keys[2] }]);
  expect(back.summary).not.toHaveProperty('fault');
});

test('an object that cannot be read in a store that is well is damaged; one in an archive class is not', async () => {
  const [bad, archived] = [seed(store, 1), seed(store, 2)];
  const openRead = store.openRead.bind(store);
  store.openRead = (key, ...rest) => {
    if (key === bad)
      return Promise.resolve(failing('StoreUnreachable', 'it cannot be used (EIO); check the disk.'));
    if (key === archived)
      throw new OperationError('StoreDenied', 'the object is archived; restore it first.');
    return openRead(key, ...rest);
  };
  expect((await run()).damaged).toEqual([
    { store: 'memory', key: bad, severity: 'critical', fault: 'cannot be read: it cannot be used (EIO)' },
    { store: 'memory', key: archived, severity: 'warning', fault: 'cannot be read: the object is archived' },
  ]);
});

function failing(type: 'StoreUnreachable', message: string): Readable {
  return new Readable({ read: () => undefined }).destroy(new OperationError(type, message));
}

test('archived WAL is compared with what it was when it was read before', async () => {
  const key = walKey({ server, systemIdentifier: '1' }, segmentNumber(1), '.zst.gpg');
  store.seed(key, 'a segment', startedAt);
  const record = await run();
  expect(record.damaged).toEqual([]);
  store.seed(verificationKey(server, plan.id, 'readBack'), JSON.stringify(record));
  const tomorrow = new Date(startedAt.getTime() + 86_400_000);
  const next = { id: sampleVerification(server, tomorrow).id, startedAt: tomorrow.toISOString() };
  expect((await run(begin(), next)).damaged).toEqual([]);

  store.seed(key, 'a Segment', startedAt);
  expect((await run(begin(), next)).damaged).toMatchObject([
    { key, fault: expect.stringMatching(/^has changed since it was read on \d{4}-/) as string },
  ]);
});

test('what archived WAL was is not forgotten by a try that goes on after another', async () => {
  const key = walKey({ server, systemIdentifier: '1' }, segmentNumber(1), '.zst.gpg');
  store.seed(key, 'a segment', startedAt);
  await runOn(25);
  const state = begin();
  await run(state, { startedAt: '2026-11-26T06:00:00.000Z' });
  const { objects } = await runOn(26, throughHeartbeat(state));
  expect(objects).toMatchObject([{ key }]);

  store.seed(key, 'a Segment', startedAt);
  expect((await runOn(27)).damaged).toMatchObject([{ key }]);
});

test('what archived WAL was is known though the newest record of it does not say it', async () => {
  const key = walKey({ server, systemIdentifier: '1' }, segmentNumber(1), '.zst.gpg');
  store.seed(key, 'a segment', startedAt);
  await runOn(25);
  const second = await runOn(26);
  for (const object of second.objects) delete object.sha256;
  store.seed(verificationKey(server, second.id, 'readBack'), JSON.stringify(second));

  store.seed(key, 'a Segment', startedAt);
  expect((await runOn(27)).damaged).toMatchObject([{ key }]);
});

test('archived WAL whose first reading was in a try that did not end is read again before it counts as read', async () => {
  const key = walKey({ server, systemIdentifier: '1' }, segmentNumber(1), '.zst.gpg');
  store.seed(key, 'a segment', startedAt);
  const state = begin();
  await run(state, { startedAt: '2026-11-25T06:00:00.000Z' });
  expect((await runOn(25, throughHeartbeat(state))).objects).toEqual([]);
  expect((await runOn(26)).objects).toMatchObject([{ key, sha256: expect.any(String) as string }]);
});

test('what was found damaged is read again though its turn has not come', async () => {
  const [broken] = [seed(store, 20), seed(store, 1), seed(store, 2)];
  seedVerification(
    store,
    sampleVerification(server, new Date('2026-11-23T06:00:00Z'), {
      findings: [
        {
          ...{
            id: `damaged/memory/${broken}`,
            severity: 'critical',
            what: '',
            where: broken,
            store: 'memory',
          },
          ...{ remedy: '', since: '2026-11-23T06:00:00.000Z' },
        },
      ],
    }),
  );
  const { objects } = await run(begin(), { readBackDays: 365 });
  expect(objects.map(({ key }) => key)).toContain(broken);
  expect(objects).toHaveLength(2);
});
