import { timelineAt, type PastTimeline } from './timeline-history.js';
import { parseSegmentName, segmentName, segmentStart, type Lsn } from './wal-segment.js';

/** What is there of a cluster's WAL, as far as contiguity goes. */
export interface AvailableWal {
  segments: ReadonlyMap<string, unknown>;
  histories: ReadonlyMap<number, PastTimeline[]>;
  partials: ReadonlyMap<string, { segment: string; partBytes: number }>;
  /** Of the server. */
  segmentBytes: number;
}

/** Where replay begins, and on which timeline. */
export interface WalPosition {
  timeline: number;
  lsn: Lsn;
}

/** Segments of a path along timelines that are not there, though later ones are. */
export interface MissingWal {
  /** Names of the first and the last of them. */
  first: string;
  last: string;
  segments: number;
  /** Where the first one begins, and where WAL is there again. */
  from: Lsn;
  to: Lsn;
}

/** How far replay comes from a position, along the timelines that lead to the newest that descends from it. */
export interface WalReach {
  timeline: number;
  history: PastTimeline[];
  /** Replay comes to here and no further: the end of the last segment without a gap, or of what was saved of the next. */
  end: Lsn;
  /** Name of the last whole segment before {@link WalReach.end}; undefined when not even the first is there. */
  last?: string;
  /** What is missing between {@link WalReach.end} and later segments; empty when nothing is. */
  missing: MissingWal[];
}

/**
 * The newest timeline that came from the one on which a position lies, after it: the one that recovery follows by default.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RECOVERY-TARGET-TIMELINE
 */
export function newestTimelineFrom(
  { timeline, lsn }: WalPosition,
  histories: AvailableWal['histories'],
): number {
  const descendants = [...histories].filter(
    ([candidate, history]) => candidate > timeline && timelineAt(lsn, candidate, history) === timeline,
  );
  return Math.max(timeline, ...descendants.map(([candidate]) => candidate));
}

/**
 * How far the archive reaches from a position without a gap, and what is missing after that.
 *
 * @param timeline - which one to follow; default: the newest that descends from the position's
 */
export function findWalReach(
  wal: AvailableWal,
  from: WalPosition,
  timeline = newestTimelineFrom(from, wal.histories),
): WalReach {
  const { segments, histories, partials, segmentBytes } = wal;
  const size = BigInt(segmentBytes);
  const history = histories.get(timeline) ?? [];
  // The last byte decides: of the segment in which a timeline was left, replay takes the newer one's.
  const nameAt = (start: Lsn) =>
    segmentName({ timeline: timelineAt(start + size - 1n, timeline, history), start }, segmentBytes);
  const present = [...segments.keys()]
    .map((name) => ({ name, start: parseSegmentName(name, segmentBytes)!.start }))
    .filter(({ name, start }) => start + size > from.lsn && nameAt(start) === name)
    .sort((a, b) => (a.start < b.start ? -1 : 1));

  let last: string | undefined;
  const missing: MissingWal[] = [];
  let end = segmentStart(from.lsn, segmentBytes);
  let expected = end;
  for (const { name, start } of present) {
    if (start > expected)
      missing.push({
        first: nameAt(expected),
        last: nameAt(start - size),
        segments: Number((start - expected) / size),
        from: expected,
        to: start,
      });
    expected = start + size;
    if (missing.length > 0) continue;
    last = name;
    end = expected;
  }
  const next = nameAt(end);
  const saved = [...partials.values()].filter(({ segment }) => segment === next);
  const partBytes = Math.max(0, ...saved.map((partial) => partial.partBytes));
  return {
    timeline,
    history,
    end: end + BigInt(partBytes),
    ...(last === undefined ? {} : { last }),
    missing,
  };
}
