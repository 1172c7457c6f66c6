import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, expect, test } from 'vitest';
import { OperationError } from '../../src/model/failures.js';
import { verificationKey } from '../../src/model/keys.js';
import { walKey } from '../../src/model/physical-keys.js';
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

const run = (state: ReadBackState = { damaged: [] }, over: Partial<typeof plan> = {}) =>
  readBack([store], { ...plan, ...over }, state, step);

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
  const whole = { damaged: [] } as ReadBackState;
  const openRead = store.openRead.bind(store);
  store.openRead = (key, ...rest) => {
    if (key === keys[2]) throw new OperationError('StoreUnreachable', 'the store is gone; look for it.');
    return openRead(key, ...rest);
  };
  store.check = () =>
    Promise.reject(new OperationError('StoreUnreachable', 'the store is gone; look for it.'));
  await expect(run(whole)).rejects.toMatchObject({ type: 'StoreUnreachable' });

  store.openRead = openRead;
  read = [];
  // As a heartbeat carries it.
  const record = await run(JSON.parse(JSON.stringify(whole)) as ReadBackState);
  expect(read).toEqual([keys[2]]);
  expect(record.objects.map(({ key }) => key)).toEqual([keys[1], keys[2]]);
  expect(record.damaged.map(({ key }) => key)).toEqual([keys[0]]);
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
  expect((await run({ damaged: [] }, next)).damaged).toEqual([]);

  store.seed(key, 'a Segment', startedAt);
  expect((await run({ damaged: [] }, next)).damaged).toMatchObject([
    { key, fault: expect.stringMatching(/^has changed since it was read on \d{4}-/) as string },
  ]);
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
  const { objects } = await run({ damaged: [] }, { readBackDays: 365 });
  expect(objects.map(({ key }) => key)).toContain(broken);
  expect(objects).toHaveLength(2);
});
