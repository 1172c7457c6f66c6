import type { Lsn } from '../model/wal-segment.js';
import { createLagMeter, type WalLag } from '../wal/lag-meter.js';

/** Where a server is, and how far its WAL is archived. */
export interface WalPositions {
  systemIdentifier: string;
  /** What the server has on its disk. */
  server: Lsn;
  /** The end of what is archived of this cluster, and when that came into the store; absent while nothing is. */
  archived?: { end: Lsn; at: Date };
}

/** Tells the lag from one look to the next. */
export interface LagTracker {
  look(positions: WalPositions, now: Date): WalLag;
}

/**
 * Makes a tracker that has not looked yet. What the server wrote before the first look may have waited since the last
 * segment was archived; so long is assumed, at most, until something is archived or nothing waits. Everything later is
 * measured, by a clock that nobody sets.
 */
export function createLagTracker(clock: () => number = () => performance.now()): LagTracker {
  let meter = createLagMeter();
  let cluster: string | undefined;
  /** Where the archive began, for this tracker. */
  let base: Lsn = 0n;
  /** How long the oldest WAL had waited at the first look, in seconds, and when that was. */
  let before: { seconds: number; at: number; end: Lsn } | undefined;
  return {
    look({ systemIdentifier, server, archived }, now) {
      const at = clock();
      const isFirst = cluster !== systemIdentifier;
      if (isFirst) {
        cluster = systemIdentifier;
        meter = createLagMeter();
        base = server;
      }
      // Of a cluster of which nothing is archived, everything from the first look on waits.
      const end = archived?.end ?? base;
      const lag = meter.look(server, end, at);
      if (isFirst && archived)
        before = { seconds: Math.max(0, (now.getTime() - archived.at.getTime()) / 1000), at, end };
      if (lag.bytes === 0 || before?.end !== end) before = undefined;
      const assumed = before ? before.seconds + (at - before.at) / 1000 : 0;
      return { bytes: lag.bytes, seconds: Math.max(lag.seconds, assumed) };
    },
  };
}
