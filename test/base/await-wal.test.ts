import { describe, expect, it } from 'vitest';
import { awaitWal } from '../../src/base/await-wal.js';
import type { NeededWal } from '../../src/model/base-plan.js';
import { walKey, type Cluster } from '../../src/model/physical-keys.js';
import { MemoryStore } from '../support/memory-store.js';
import { SEGMENT_BYTES, segmentNumber } from '../support/seed-base.js';

const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
/** From within segment 2 to the very end of segment 3. */
const needed: NeededWal = {
  timeline: 1,
  startLsn: '0/2000028',
  stopLsn: '0/4000000',
  segmentBytes: SEGMENT_BYTES,
};

function wait(store: MemoryStore, signal = new AbortController().signal, patienceSeconds = 0) {
  const seen: number[] = [];
  const waiting = awaitWal(store, cluster, needed, {
    patienceSeconds,
    onSegments: (present) => seen.push(present),
    signal,
  });
  return { waiting, seen };
}

describe('awaitWal', () => {
  it('ends when each segment up to the last needed byte is there, under whatever suffix', async () => {
    const store = new MemoryStore();
    store.seed(walKey(cluster, segmentNumber(2), '.zst.gpg'), 'wal');
    store.seed(walKey(cluster, segmentNumber(3), '.gz'), 'wal');
    const { waiting, seen } = wait(store);
    await waiting;
    expect(seen).toEqual([1, 2]);
  });

  it('waits for one that is still on its way', async () => {
    const store = new MemoryStore();
    store.seed(walKey(cluster, segmentNumber(2), '.zst'), 'wal');
    const { waiting, seen } = wait(store, undefined, 60);
    store.seed(walKey(cluster, segmentNumber(3), '.zst'), 'wal');
    await waiting;
    expect(seen).toEqual([1, 2]);
  });

  it.each([2, 3])('names segment %i when it does not come', async (missing) => {
    const store = new MemoryStore();
    for (const number of [1, 2, 3, 4])
      if (number !== missing) store.seed(walKey(cluster, segmentNumber(number), '.zst'), 'wal');
    // Neither another server's nor what only describes it counts.
    store.seed(walKey({ ...cluster, server: 'prod2' }, segmentNumber(missing), '.zst'), 'wal');
    store.seed(walKey(cluster, segmentNumber(missing), '.json'), 'digest');
    await expect(wait(store).waiting).rejects.toMatchObject({
      type: 'WalMissing',
      message: expect.stringContaining(segmentNumber(missing)) as string,
    });
  });

  it('ends when it is cancelled', async () => {
    const cancelled = new AbortController();
    const { waiting } = wait(new MemoryStore(), cancelled.signal, 60);
    cancelled.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow();
  });
});
