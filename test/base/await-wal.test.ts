import { describe, expect, it } from 'vitest';
import { awaitWal } from '../../src/base/await-wal.js';
import type { NeededWal } from '../../src/model/base-plan.js';
import { walKey, type Cluster } from '../../src/model/physical-keys.js';
import { parseLsn, segmentName } from '../../src/model/wal-segment.js';
import { recordGap, type LostWal } from '../../src/wal/record-gap.js';
import { MemoryStore } from '../support/memory-store.js';
import { SEGMENT_BYTES, segmentNumber } from '../support/seed-base.js';
import { waitUntil } from '../support/wait-until.js';

const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
/** From within segment 2 to the very end of segment 3. */
const needed: NeededWal = {
  timeline: 1,
  startLsn: '0/2000028',
  stopLsn: '0/4000000',
  segmentBytes: SEGMENT_BYTES,
};

function wait(
  store: MemoryStore,
  signal = new AbortController().signal,
  patienceSeconds = 0,
  isArchived = true,
) {
  const seen: number[] = [];
  let looks = 0;
  const waiting = awaitWal(store, cluster, needed, {
    patienceSeconds,
    archiverPatienceSeconds: 0,
    isArchived: () => {
      looks += 1;
      return Promise.resolve(isArchived);
    },
    onSegments: (present) => seen.push(present),
    signal,
  });
  return { waiting, seen, looks: () => looks };
}

function gapOf(timeline: number, from: string, to: string | undefined): LostWal {
  return {
    timeline,
    first: segmentName({ timeline, start: parseLsn(from)! }, SEGMENT_BYTES),
    from: parseLsn(from)!,
    to: to === undefined ? undefined : parseLsn(to),
    reason: 'the slot is gone',
  };
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

  it.each([
    ['begins at it', '0/3000000', '0/4000000'],
    ['begins before it', '0/1000000', '0/8000000'],
    ['has no end', '0/3000000', undefined],
  ])('ends at once when one is on record as lost, in a gap that %s', async (_what, from, to) => {
    const store = new MemoryStore();
    store.seed(walKey(cluster, segmentNumber(2), '.zst'), 'wal');
    await recordGap(store, cluster, gapOf(1, from, to), new AbortController().signal);
    await expect(wait(store, undefined, 60).waiting).rejects.toMatchObject({
      type: 'WalMissing',
      message: expect.stringMatching(`${segmentNumber(3)}.* is lost \\(the slot is gone\\)`) as string,
    });
  });

  it.each([
    ['a gap that ends before it', gapOf(1, '0/1000000', '0/3000000')],
    ['a gap that begins after it', gapOf(1, '0/4000000', undefined)],
    ['a gap of another timeline', gapOf(2, '0/1000000', undefined)],
  ])('is not disturbed by %s', async (_what, gap) => {
    const store = new MemoryStore();
    store.seed(walKey(cluster, segmentNumber(2), '.zst'), 'wal');
    await recordGap(store, cluster, gap, new AbortController().signal);
    const { waiting, seen, looks } = wait(store, undefined, 60);
    await Promise.race([waiting, waitUntil('it has looked for gaps', () => looks() > 0)]);
    store.seed(walKey(cluster, segmentNumber(3), '.zst'), 'wal');
    await waiting;
    expect(seen).toEqual([1, 2]);
  });

  it('ends at once when nobody archives, unless all is there', async () => {
    const store = new MemoryStore();
    store.seed(walKey(cluster, segmentNumber(2), '.zst'), 'wal');
    await expect(wait(store, undefined, 60, false).waiting).rejects.toMatchObject({
      type: 'WalMissing',
      message: expect.stringContaining('nobody archives') as string,
    });
    store.seed(walKey(cluster, segmentNumber(3), '.zst'), 'wal');
    await wait(store, undefined, 60, false).waiting;
  });

  it('ends when it is cancelled', async () => {
    const cancelled = new AbortController();
    const { waiting } = wait(new MemoryStore(), cancelled.signal, 60);
    cancelled.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow();
  });
});
