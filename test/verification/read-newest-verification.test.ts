import { expect, test } from 'vitest';
import { verificationKey } from '../../src/model/keys.js';
import { readNewestVerification } from '../../src/verification/read-newest-verification.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleVerification, seedVerification } from '../support/sample-verification.js';

const { signal } = new AbortController();
const now = new Date('2026-01-02T12:00:00Z');
const day = (text: string) => new Date(`${text}T06:00:00Z`);

test('the newest report counts, of this server alone, whatever lies beside it', async () => {
  const store = new MemoryStore();
  seedVerification(store, sampleVerification('one', day('2026-01-01')));
  const newest = sampleVerification('one', day('2026-01-02'));
  seedVerification(store, newest);
  seedVerification(store, sampleVerification('one two', day('2026-01-03')));
  store.seed(verificationKey('one', newest.id, 'readBack'), '{}');
  store.seed('verifications/one/2026/zzz.json', '{}');
  expect(await readNewestVerification(store, 'one', signal, now)).toEqual(newest);
});

test('that of last year counts while this one has none', async () => {
  const store = new MemoryStore();
  const report = sampleVerification('one', day('2025-12-31'));
  seedVerification(store, report);
  expect(await readNewestVerification(store, 'one', signal, now)).toEqual(report);
});

test('one that cannot be read, or is dated in the future, hides no other', async () => {
  const store = new MemoryStore();
  const report = sampleVerification('one', day('2026-01-01'));
  seedVerification(store, report);
  store.seed(verificationKey('one', sampleVerification('one', day('2026-01-02')).id, 'report'), '{"format":');
  seedVerification(store, sampleVerification('one', day('2026-05-01')));
  expect(await readNewestVerification(store, 'one', signal, now)).toEqual(report);
});

test('there may be none', async () => {
  expect(await readNewestVerification(new MemoryStore(), 'one', signal, now)).toBeUndefined();
});
