import { expect, test } from 'vitest';
import { summarizeFindings } from '../../src/model/findings.js';
import { findWalFaults, type WalEvidence } from '../../src/wal/find-wal-faults.js';
import type { WalStatus } from '../../src/wal/read-wal-status.js';
import { lsnOf, SEGMENT_BYTES } from '../support/seed-wal.js';

const now = new Date('2026-06-01T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();

const missing = [{ first: 'A', last: 'B', segments: 2, from: lsnOf(4), to: lsnOf(6) }];

function windowTo(
  segment: number,
  gaps: WalStatus['windows'][number]['missing'] = [],
): WalStatus['windows'][number] {
  return {
    baseBackups: [`base_${segment}`],
    from: { time: minutesAgo(900), lsn: lsnOf(1) },
    to: { time: minutesAgo(100), lsn: lsnOf(segment), timeline: 1 },
    missing: gaps,
  };
}

function statusOf(over: Partial<WalStatus> = {}): WalStatus {
  return {
    systemIdentifier: '1',
    windows: [windowTo(8)],
    unusable: [],
    last: { name: 'L', end: lsnOf(8), time: minutesAgo(1) },
    lastHour: { segments: 1, storedBytes: 1 },
    segments: 8,
    storedBytes: 8,
    gaps: [],
    ...over,
  };
}

function live(lsn: bigint, systemIdentifier = '1') {
  return { systemIdentifier, timeline: 1, segmentBytes: SEGMENT_BYTES, flushed: lsn, inserted: lsn };
}

const find = (over: Partial<WalEvidence>) =>
  findWalFaults({
    ...{
      server: 'prod',
      clusters: [statusOf()],
      live: live(lsnOf(8) + 40n),
      archiver: { isRunning: true },
      now,
    },
    ...over,
  }).map(({ id, severity }) => `${severity} ${id}`);

test.each<[string, Partial<WalEvidence>, string[]]>([
  ['nothing', {}, []],
  [
    'an archiver that does not run',
    { archiver: { isRunning: false } },
    ['critical wal-archiver-stopped/prod'],
  ],
  ['a server that is down', { live: { fault: 'refused' } }, ['warning wal-server-unknown/prod']],
  ['no WAL at all', { clusters: [] }, ['critical wal-none/prod/1']],
  ['WAL of another incarnation only', { live: live(lsnOf(8), '2') }, ['critical wal-none/prod/2']],
  [
    'a store that is 20 minutes behind',
    { clusters: [statusOf({ last: { name: 'L', end: lsnOf(7), time: minutesAgo(20) } })] },
    ['critical wal-lag/prod/1'],
  ],
  [
    'an idle server, whose last segment is old',
    { clusters: [statusOf({ last: { name: 'L', end: lsnOf(8), time: minutesAgo(2000) } })] },
    [],
  ],
  ['no base backup', { clusters: [statusOf({ windows: [] })] }, ['critical wal-no-base/prod/1']],
  [
    'a gap that is open',
    { clusters: [statusOf({ windows: [windowTo(4, missing)] })] },
    ['critical wal-gap/prod/1/A'],
  ],
  [
    'a gap that a later base backup has closed',
    { clusters: [statusOf({ windows: [windowTo(4, missing), windowTo(8)] })] },
    ['warning wal-gap/prod/1/A'],
  ],
  [
    'a base backup without its WAL',
    { clusters: [statusOf({ unusable: ['base_x'] })] },
    ['warning base-without-wal/prod/base_x'],
  ],
])('%s', (_, over, expected) => {
  expect(find(over)).toEqual(expected);
});

test('what the archiver and the server say of one fault is one finding, with its remedy once', () => {
  const down = 'Server prod cannot be reached: refused; check that it runs.';
  const archiver = (...trouble: string[]) => ({
    isRunning: true,
    heartbeat: { segments: 0, bytes: 0, storedBytes: 0, lagBytes: 0, lagSeconds: 0, aside: [], trouble },
  });
  const tell = (over: Partial<WalEvidence>) =>
    findWalFaults({ server: 'prod', clusters: [], live: { fault: down }, now, ...over }).map(
      ({ id, what, remedy }) => [id, what, remedy],
    );
  const unknown = 'How far the server is cannot be told: Server prod cannot be reached: refused';
  expect(tell({ archiver: archiver(down) })).toEqual([
    ['wal-server-unknown/prod', `${unknown}.`, 'check that it runs'],
  ]);
  // Beside the server, the store may have gone too.
  expect(tell({ archiver: archiver(down, 'The store is full; make room.') })).toEqual([
    ['wal-server-unknown/prod', `${unknown}; The store is full.`, 'check that it runs; make room'],
  ]);
  expect(
    tell({
      clusters: [statusOf()],
      live: live(lsnOf(8)),
      archiver: archiver('The store is full; make room.', 'It is odd.'),
    }),
  ).toEqual([['wal-archiver-trouble/prod', 'The store is full; It is odd.', 'make room']]);
});

test('the critical ones come first, and as many as fit', () => {
  const some = Array.from({ length: 12 }, (_, index) => ({
    ...{ id: String(index), what: 'w', where: 'x', remedy: 'r' },
    severity: index === 11 ? ('critical' as const) : ('warning' as const),
  }));
  const summary = summarizeFindings('prod', some);
  expect(summary).toMatchObject({ critical: 1, warnings: 11 });
  expect(summary.findings.map(({ id }) => id)).toEqual(['11', '0', '1', '2', '3', '4', '5', '6', '7', '8']);
});
