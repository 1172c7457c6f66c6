import { expect, it } from 'vitest';
import { walMetrics, type ArchivedServer } from '../../src/metrics/wal-metrics.js';
import type { WalState } from '../../src/postgres/wal-state.js';
import type { WalHeartbeat } from '../../src/model/wal-plan.js';
import type { WalStatus } from '../../src/wal/read-wal-status.js';
import { parseSamples, valueOf } from '../support/scrape.js';
import { SEGMENT_BYTES } from '../support/seed-wal.js';

const { signal } = new AbortController();
const live: WalState = {
  ...{ systemIdentifier: '2', timeline: 1, segmentBytes: SEGMENT_BYTES },
  ...{ flushed: 0x5000000n, inserted: 0x5000000n },
};

/** Of the cluster that the server is now, archived up to 0/3000000. */
const status: WalStatus = {
  ...{ systemIdentifier: '2', windows: [], unusable: [], gaps: [], segments: 1, storedBytes: 1 },
  lastHour: { segments: 0, storedBytes: 0 },
  last: { name: '000000010000000000000002', end: 0x3000000n, time: '2026-06-01T00:00:00.000Z' },
};

/** The lag that is told, in bytes, by what the archiver said last. */
async function lagBy(said: Partial<WalHeartbeat>): Promise<number | undefined> {
  const server: ArchivedServer = {
    name: 'main',
    readState: () => Promise.resolve(live),
    readArchiver: () => Promise.resolve({ isRunning: true, heartbeat: said as WalHeartbeat }),
    readStatus: () => Promise.resolve([status]),
  };
  const part = walMetrics([server]);
  await part.refresh(signal);
  return valueOf(parseSamples(await part.registry.metrics()), 'wal_archive_lag_bytes', { server: 'main' });
}

it('goes by what the archiver says of the cluster that the server is', async () => {
  expect(await lagBy({ systemIdentifier: '2', archived: '0/4000000' })).toBe(0x1000000);
});

it.each([
  ['of another cluster', { systemIdentifier: '1', archived: '1/0' }],
  ['of nobody knows which cluster', { archived: '0/4000000' }],
  ['beyond where the server is', { systemIdentifier: '2', archived: '1/0' }],
])('goes by the store where the archiver names a position %s', async (_, said) => {
  expect(await lagBy(said)).toBe(0x2000000);
});
