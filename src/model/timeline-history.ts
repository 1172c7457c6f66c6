import { OperationError } from './failures.js';
import { parseLsn, segmentName, segmentStart, type Lsn, type WalSegment } from './wal-segment.js';

/** A timeline that another one came from: it was left at `end`. */
export interface PastTimeline {
  timeline: number;
  end: Lsn;
}

/**
 * Reads a timeline's history file: the timelines before it, oldest first.
 *
 * @param name - the file's, for the message
 * @throws OperationError `ArtifactDamaged` when it is none
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html (Timelines)
 */
export function parseTimelineHistory(text: string, name: string): PastTimeline[] {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [timeline, end] = line.split(/\s+/);
    const lsn = end === undefined ? undefined : parseLsn(end);
    if (lsn === undefined || !/^\d+$/.test(timeline!))
      throw new OperationError(
        'ArtifactDamaged',
        `${name} is not the history of a timeline; restore it from a copy of the store.`,
      );
    return { timeline: Number(timeline), end: lsn };
  });
}

/** The timeline on which a position lies for a server that is on `timeline` now and has that history. */
export function timelineAt(lsn: Lsn, timeline: number, history: readonly PastTimeline[]): number {
  return history.find(({ end }) => lsn < end)?.timeline ?? timeline;
}

/**
 * The segments that replay needs from `from` up to `to`, along the timelines that lead to `timeline`. The segment in which
 * a timeline was left is read under the name of the one that follows, which holds its beginning as well.
 *
 * @param segmentBytes - of the server
 */
export function* segmentsBetween(
  from: Lsn,
  to: Lsn,
  timeline: number,
  history: readonly PastTimeline[],
  segmentBytes: number,
): Generator<WalSegment & { name: string }> {
  const size = BigInt(segmentBytes);
  for (let start = segmentStart(from, segmentBytes); start <= to; start += size) {
    // The last byte decides: of the segment of a switch, replay takes the newer timeline's.
    const segment = { timeline: timelineAt(start + size - 1n, timeline, history), start };
    yield { ...segment, name: segmentName(segment, segmentBytes) };
  }
}
