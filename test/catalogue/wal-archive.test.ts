import { describe, expect, it } from 'vitest';
import { findWindows, type BaseBackupFacts } from '../../src/catalogue/recovery-windows.js';
import { listWal, listWalClusters } from '../../src/catalogue/wal-archive.js';
import { findWalReach } from '../../src/model/wal-reach.js';
import { formatLsn } from '../../src/model/wal-segment.js';
import { partialName, walGapKey, walKey, type Cluster } from '../../src/model/physical-keys.js';
import { MemoryStore } from '../support/memory-store.js';
import { lsn, lsnOf, SEGMENT_BYTES, seedHistory, seedSegments } from '../support/seed-wal.js';

const signal = new AbortController().signal;
const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
const other: Cluster = { server: 'prod', systemIdentifier: '7520361935213404213' };

/** How far the archive reaches from the beginning of segment `number`. */
async function reach(store: MemoryStore, timeline: number, number: number, along?: number) {
  const archive = await listWal(store, cluster, signal);
  const found = findWalReach(
    { ...archive, segmentBytes: SEGMENT_BYTES },
    { timeline, lsn: lsnOf(number) + 40n },
    along,
  );
  return {
    timeline: found.timeline,
    end: formatLsn(found.end),
    missing: found.missing.map(({ first, last, segments }) => `${first}-${last}: ${segments}`),
  };
}

function baseBackup(id: string, number: number, stopTime: string, timeline = 1): BaseBackupFacts {
  return {
    id,
    timeline,
    startLsn: formatLsn(lsnOf(number) + 40n),
    stopLsn: formatLsn(lsnOf(number) + 256n),
    stopTime,
    walSegmentBytes: SEGMENT_BYTES,
  };
}

describe('listWal', () => {
  it('tells segments, histories, saved parts and gaps apart, and leaves out other clusters and foreign files', async () => {
    const store = new MemoryStore();
    seedSegments(store, cluster, 1, 2, 1);
    seedSegments(store, other, 1, 7);
    seedHistory(store, cluster, 2, [1, '0/2000148']);
    const partial = partialName('000000020000000000000002', 4096);
    store.seed(walKey(cluster, partial, '.gz'), 'x');
    const gap = {
      format: '1.0',
      ...cluster,
      timeline: 1,
      fromLsn: '0/5000000',
      foundAt: '2026-06-01T00:00:00Z',
      reason: 'the slot was lost',
    };
    store.seed(walGapKey(cluster, '000000010000000000000005'), JSON.stringify(gap));
    store.seed(walKey(cluster, '000000010000000000000009', '.tmp'), 'x');

    const archive = await listWal(store, cluster, signal);
    expect([...archive.segments.keys()]).toEqual(['000000010000000000000001', '000000010000000000000002']);
    expect(archive.histories).toEqual(new Map([[2, [{ timeline: 1, end: lsn('0/2000148') }]]]));
    expect([...archive.historyFiles.keys()]).toEqual(['00000002.history']);
    expect([...archive.partials.values()]).toMatchObject([
      { segment: '000000020000000000000002', partBytes: 4096 },
    ]);
    expect(archive.gaps).toEqual([gap]);
    expect(await listWalClusters(store, 'prod', signal)).toEqual([cluster, other]);
    expect(await listWalClusters(store, 'prod2', signal)).toEqual([]);
  });
});

describe('findWalReach', () => {
  it('ends after the last segment without a gap and names each gap after it', async () => {
    const store = new MemoryStore();
    seedSegments(store, cluster, 1, 1, 2, 3, 6, 7, 9);
    expect(await reach(store, 1, 2)).toEqual({
      timeline: 1,
      end: '0/4000000',
      missing: [
        '000000010000000000000004-000000010000000000000005: 2',
        '000000010000000000000008-000000010000000000000008: 1',
      ],
    });
  });

  it('gets nowhere without the segment in which replay begins', async () => {
    const store = new MemoryStore();
    seedSegments(store, cluster, 1, 1, 3);
    expect(await reach(store, 1, 2)).toEqual({
      timeline: 1,
      end: '0/2000000',
      missing: ['000000010000000000000002-000000010000000000000002: 1'],
    });
  });

  it('goes over from the last segment of a group to the first of the next', async () => {
    const store = new MemoryStore();
    seedSegments(store, cluster, 1, 254, 255, 256, 257);
    expect(await reach(store, 1, 254)).toMatchObject({ end: '1/2000000', missing: [] });
  });

  it('follows a promotion, whose segment is read under the name of the new timeline', async () => {
    const store = new MemoryStore();
    seedSegments(store, cluster, 1, 1, 2);
    seedHistory(store, cluster, 2, [1, '0/3000148']);
    expect(await reach(store, 1, 1)).toMatchObject({ timeline: 2, end: '0/3000000', missing: [] });
    seedSegments(store, cluster, 2, 3, 4);
    expect(await reach(store, 1, 1)).toMatchObject({ timeline: 2, end: '0/5000000', missing: [] });
    // The old one may have gone on: it is another way, and not the newest.
    seedSegments(store, cluster, 1, 3, 4, 5);
    expect(await reach(store, 1, 1)).toMatchObject({ timeline: 2, end: '0/5000000' });
    expect(await reach(store, 1, 1, 1)).toMatchObject({ timeline: 1, end: '0/6000000' });
  });

  it('leaves aside a newer timeline that was left before the base backup was made', async () => {
    const store = new MemoryStore();
    seedSegments(store, cluster, 2, 4, 5);
    seedHistory(store, cluster, 2, [1, '0/3000148']);
    seedHistory(store, cluster, 3, [1, '0/3000148'], [2, '0/3500000']);
    seedSegments(store, cluster, 3, 3, 4, 5, 6, 7);
    expect(await reach(store, 2, 4)).toMatchObject({ timeline: 2, end: '0/6000000' });
  });

  it('counts what was saved of the segment after the last whole one', async () => {
    const store = new MemoryStore();
    seedSegments(store, cluster, 1, 1);
    for (const [number, bytes] of [
      [2, 8192],
      [2, 16384],
      [3, 32768],
    ] as const)
      store.seed(walKey(cluster, partialName(`00000001000000000000000${number}`, bytes), '.zst'), 'x');
    expect(await reach(store, 1, 1)).toMatchObject({ end: '0/2004000' });
  });
});

describe('findWindows', () => {
  it('makes one window of base backups that the same WAL follows, and one more on each side of a gap', async () => {
    const store = new MemoryStore();
    seedSegments(store, cluster, 1, 1, 2, 3, 6, 7);
    const windows = findWindows(await listWal(store, cluster, signal), [
      baseBackup('base_3', 6, '2026-06-03T00:00:00Z'),
      baseBackup('base_1', 1, '2026-06-01T00:00:00Z'),
      baseBackup('base_2', 2, '2026-06-02T00:00:00Z'),
      baseBackup('base_lost', 4, '2026-06-02T12:00:00Z'),
    ]);
    expect(
      windows.map(({ baseBackups, from, to, missing }) => [
        baseBackups,
        formatLsn(from.lsn),
        formatLsn(to.lsn),
        missing.length,
      ]),
    ).toEqual([
      [['base_1', 'base_2'], '0/1000100', '0/4000000', 1],
      [['base_3'], '0/6000100', '0/8000000', 0],
    ]);
  });
});
