import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { readBackStores } from '../../src/activities/read-back-stores.js';
import type { Dependencies } from '../../src/activities/dependencies.js';
import { verificationKey } from '../../src/model/keys.js';
import { parseReadBackRecord, type ReadBackSummary } from '../../src/model/verification.js';
import { createLogger } from '../../src/observability/logger.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleVerification } from '../support/sample-verification.js';
import { seedNights, subjectOf } from '../support/seed-backup.js';

const startedAt = new Date('2026-11-24T06:00:00Z');
const plan = {
  ...{ id: sampleVerification('one', startedAt).id, server: 'one', startedAt: startedAt.toISOString() },
  readBackDays: 1,
};
const key = verificationKey('one', plan.id, 'readBack');

function run(store: MemoryStore, heartbeatDetails?: object) {
  const dependencies = { logger: createLogger('silent'), stores: [store] } as unknown as Dependencies;
  const environment = new MockActivityEnvironment({ heartbeatDetails });
  return environment.run<Parameters<typeof readBackStores>, ReadBackSummary, typeof readBackStores>(
    readBackStores,
    dependencies,
    plan,
  );
}

it('goes on after what the heartbeat of an earlier try says, and keeps what that has found', async () => {
  const store = new MemoryStore();
  const [first, second] = seedNights(store, subjectOf('one', 'app'), 2, startedAt);
  store.seed(second!.artifact, 'FOUR', new Date('2026-11-24T02:10:00Z'));
  const storedAt = (await store.describe(first!.artifact, new AbortController().signal))!.modifiedAt;
  // Damaged since it was read: who reads it again would see that.
  store.seed(first!.artifact, 'FOUR', storedAt);
  const summary = await run(store, {
    ...{ bytesDone: 4, bytesExpected: 0, damaged: [] },
    after: { memory: { turn: storedAt.getTime(), key: first!.artifact } },
  });
  expect(summary).toMatchObject({ objects: 2, ofObjects: 2 });
  const record = parseReadBackRecord(
    (await store.getDocument(key, new AbortController().signal))!.toString(),
    key,
  );
  expect(record.objects.map((object) => object.key)).toEqual([first!.artifact]);
  expect(record.damaged.map((object) => object.key)).toEqual([second!.artifact]);
});

it('reads nothing again once its record is stored', async () => {
  const store = new MemoryStore();
  seedNights(store, subjectOf('one', 'app'), 2, startedAt);
  const summary = await run(store);
  store.openRead = () => Promise.reject(new Error('nothing is to be read'));
  expect(await run(store)).toEqual(summary);
});
