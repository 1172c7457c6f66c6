import { describe, expect, it } from 'vitest';
import { applyPrune } from '../../src/catalogue/apply-prune.js';
import { planPrune, type PruneRequest } from '../../src/catalogue/plan-prune.js';
import { deleteBackup } from '../../src/catalogue/delete-backup.js';
import type { Store } from '../../src/stores/store.js';
import { Killed, killedAtCall } from '../support/killed-store.js';
import { MemoryStore } from '../support/memory-store.js';
import { globalsOf, nameBackup, seedBackup, seedNights, subjectOf } from '../support/seed-backup.js';

const DAY = 86_400_000;
const signal = new AbortController().signal;
const now = new Date('2026-06-01T04:00:00Z');
const app = subjectOf('prod', 'app');

const request = (at: Date): PruneRequest => ({
  server: 'prod',
  policyOf: () => ({ daily: 2, weekly: 2, monthly: 1 }),
  configuredDatabases: ['app', 'app_staging'],
  untouchable: new Map(),
  now: at,
});

async function prune(store: Store, at = now): Promise<void> {
  const plan = await planPrune(store, request(at), signal);
  await applyPrune(store, plan, { signal, onProgress: () => undefined });
}

/** A store that fails the test in the moment in which a manifest describes an artifact that is not there. */
function fillStore(): MemoryStore {
  const store = new MemoryStore();
  store.now = now;
  seedNights(store, app, 9, now);
  seedNights(store, subjectOf('prod', 'app_staging'), 4, now);
  seedNights(store, subjectOf('prod', 'removed'), 4, now);
  seedNights(store, globalsOf('prod'), 5, now);
  const longAgo = new Date('2026-04-01T02:00:00Z');
  store.seed(nameBackup(app, longAgo).artifact, 'orphan', longAgo);
  store.unfinished.set(nameBackup(app, new Date('2026-04-02T02:00:00Z')).artifact, longAgo);
  store.onChange = () => expectNoManifestWithoutArtifact(store);
  return store;
}

function expectNoManifestWithoutArtifact(store: MemoryStore): void {
  const keys = store.keys();
  for (const key of keys.filter((key) => key.endsWith('.manifest.json'))) {
    const backup = key.slice(0, -'.manifest.json'.length);
    expect(keys.some((other) => other.startsWith(`${backup}.`) && other !== key)).toBe(true);
  }
}

const stateOf = (store: MemoryStore) => [...store.keys(), ...store.unfinished.keys()];

describe.each(['before', 'after'] as const)('a prune killed %s a call to the store', (moment) => {
  it('leaves whole backups and orphans, whichever call it is, and the next prune ends as if undisturbed', async () => {
    const undisturbed = fillStore();
    const initial = stateOf(undisturbed);
    await prune(undisturbed);
    expect(stateOf(undisturbed).length).toBeLessThan(initial.length);

    let call = 1;
    for (let isKilled = true; isKilled; call++) {
      const store = fillStore();
      try {
        await prune(killedAtCall(store, call, moment));
        isKilled = false;
      } catch (error) {
        expect(error).toBeInstanceOf(Killed);
        await prune(store);
      }
      expect(stateOf(store)).toEqual(stateOf(undisturbed));
    }
    // Two listings at least, and three calls for each backup that went.
    expect(call).toBeGreaterThan(2 + 3 * 8);
  });
});

describe('a deletion killed half-way', () => {
  it('is finished by the same deletion', async () => {
    const store = new MemoryStore();
    const { id } = seedBackup(store, app, now);
    await expect(deleteBackup(killedAtCall(store, 3, 'before'), app, id, signal)).rejects.toThrow(Killed);
    expect(store.keys()).toHaveLength(1);
    await deleteBackup(store, app, id, signal);
    expect(store.keys()).toEqual([]);
  });

  it('leaves a young artifact alone until it is 48 hours old, then it is swept', async () => {
    const store = new MemoryStore();
    const first = seedBackup(store, app, new Date(now.getTime() - 3_600_000));
    const second = seedBackup(store, app, now);
    await expect(deleteBackup(killedAtCall(store, 3, 'before'), app, first.id, signal)).rejects.toThrow(
      Killed,
    );
    await prune(store);
    expect(store.keys()).toContain(first.artifact);
    await prune(store, new Date(now.getTime() + 2 * DAY));
    expect(store.keys()).toEqual([second.artifact, second.manifest]);
  });
});
