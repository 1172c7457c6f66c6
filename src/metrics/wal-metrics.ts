import { Registry } from 'prom-client';
import type { WalHeartbeat } from '../model/wal-plan.js';
import { parseLsn, type Lsn } from '../model/wal-segment.js';
import type { WalState } from '../postgres/wal-state.js';
import type { ArchiverStatus } from '../wal/read-archiver.js';
import { DEFAULT_SEGMENT_BYTES, type WalStatus } from '../wal/read-wal-status.js';
import { addGauge, toTimestamp, type MetricsPart } from './part.js';
import { createLagTracker } from './track-lag.js';

/**
 * How often all WAL in the store is listed, in milliseconds: it is a thousand objects and more for each day. In between, the
 * archiver says how far it is.
 */
const LISTING_INTERVAL = 600_000;

/** A server whose WAL is archived. */
export interface ArchivedServer {
  name: string;
  /** Where it is; rejects when it cannot be asked. */
  readState(signal: AbortSignal): Promise<WalState>;
  /** What Temporal knows of its archiver; rejects when that cannot be asked. */
  readArchiver(signal: AbortSignal): Promise<ArchiverStatus>;
  /** How its WAL stands in the store. */
  readStatus(segmentBytes: number, signal: AbortSignal): Promise<WalStatus[]>;
}

/** How the archived WAL of servers stands. */
export function walMetrics(servers: readonly ArchivedServer[]): MetricsPart {
  const registry = new Registry();
  const lagSeconds = addGauge(
    registry,
    'wal_archive_lag_seconds',
    'How long the oldest WAL that is not in the primary store has waited, in seconds',
    ['server'],
  );
  const lagBytes = addGauge(
    registry,
    'wal_archive_lag_bytes',
    'WAL that the server has written and the primary store does not have, in bytes',
    ['server'],
  );
  const archiver = addGauge(
    registry,
    'wal_archiver_running',
    'Whether the workflow that archives the WAL runs: 1 or 0',
    ['server'],
  );
  const gaps = addGauge(
    registry,
    'wal_gap_segments',
    'Segments that are missing since the oldest base backup: open until a later base backup closes the gap',
    ['server', 'state'],
  );
  const recoverableFrom = addGauge(
    registry,
    'wal_recoverable_from_timestamp',
    'The oldest moment from which on every moment can be recovered, in seconds since 1970',
    ['server'],
  );
  const watches = servers.map(watchServer);
  return {
    name: 'wal',
    registry,
    async refresh(signal) {
      const found = await Promise.all(watches.map((watch) => watch(signal)));
      lagSeconds.replace(
        found.flatMap(({ server, lag }) => (lag ? [[{ server }, lag.seconds] as const] : [])),
      );
      lagBytes.replace(found.flatMap(({ server, lag }) => (lag ? [[{ server }, lag.bytes] as const] : [])));
      archiver.replace(
        found.flatMap(({ server, isArchiving }) =>
          isArchiving === undefined ? [] : [[{ server }, Number(isArchiving)] as const],
        ),
      );
      gaps.replace(
        found.flatMap(({ server, missing }) =>
          (['open', 'closed'] as const).map((state) => [{ server, state }, missing[state]] as const),
        ),
      );
      recoverableFrom.replace(
        found.flatMap(({ server, from }) =>
          from === undefined ? [] : [[{ server }, toTimestamp(new Date(from))] as const],
        ),
      );
    },
  };
}

function watchServer(server: ArchivedServer) {
  const tracker = createLagTracker();
  let live: WalState | undefined;
  let status: WalStatus[] = [];
  let listedAt = -Infinity;
  return async (signal: AbortSignal) => {
    // The archiver first: what it says is then not ahead of the server only because that was asked too early.
    const archiver = await server.readArchiver(signal).catch(() => undefined);
    // A server that is down writes nothing: it is where it was.
    live = await server.readState(signal).catch(() => live);
    signal.throwIfAborted();
    const heartbeat = believe(archiver?.heartbeat, live);
    const now = new Date();
    if (heartbeat === undefined || performance.now() - listedAt > LISTING_INTERVAL) {
      status = await server.readStatus(live?.segmentBytes ?? DEFAULT_SEGMENT_BYTES, signal);
      listedAt = performance.now();
    }
    const present = live
      ? status.find(({ systemIdentifier }) => systemIdentifier === live?.systemIdentifier)
      : status.at(-1);
    const archived = newest(present, heartbeat, now);
    return {
      server: server.name,
      isArchiving: archiver?.isRunning,
      lag:
        live &&
        tracker.look(
          {
            systemIdentifier: live.systemIdentifier,
            server: live.flushed,
            ...(archived ? { archived } : {}),
          },
          now,
        ),
      missing: countMissing(status, present),
      from: present?.windows.at(-1)?.from.time,
    };
  };
}

/**
 * How far the archive reaches by the archiver's own word, where that is about the cluster that the server is now: a server
 * that was made anew is another one, and one that was recovered to a moment before is behind where it was.
 */
function believe(heartbeat: WalHeartbeat | undefined, live: WalState | undefined): Lsn | undefined {
  const archived = parseLsn(heartbeat?.archived ?? '');
  const isOfLive = live !== undefined && heartbeat?.systemIdentifier === live.systemIdentifier;
  return isOfLive && archived !== undefined && archived <= live.flushed ? archived : undefined;
}

/** The end of the archive by the listing or by what the archiver said since, whichever is further. */
function newest(
  present: WalStatus | undefined,
  heartbeat: Lsn | undefined,
  now: Date,
): { end: Lsn; at: Date } | undefined {
  const { last } = present ?? {};
  if (heartbeat !== undefined && (!last || heartbeat > last.end)) return { end: heartbeat, at: now };
  return last && { end: last.end, at: new Date(last.time) };
}

/** Segments missing in the windows of all clusters; open is only what follows the newest window of the present one. */
function countMissing(
  status: readonly WalStatus[],
  present: WalStatus | undefined,
): { open: number; closed: number } {
  const missing = { open: 0, closed: 0 };
  for (const cluster of status)
    cluster.windows.forEach((window, index) => {
      const isOpen = cluster === present && index === cluster.windows.length - 1;
      const segments = window.missing.reduce((sum, gap) => sum + gap.segments, 0);
      missing[isOpen ? 'open' : 'closed'] += isOpen ? segments : (window.missing[0]?.segments ?? 0);
    });
  return missing;
}
