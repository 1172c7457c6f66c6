import type { Moment } from '../model/moment.js';
import type { PathSegment } from './wal-path.js';
import type { WalReader } from './wal-reader.js';

/** Where a moment lies on a path. */
export type LocatedTime =
  /** Replay stops in this segment: the first in which a transaction ends later. */
  | { stopsIn: number }
  /** Nothing later ended: the path ends with these. Undefined when no transaction ends on it at all. */
  | { lastEnd: Moment | undefined };

/**
 * Finds the segment in which replay up to a moment stops, by looking into a few of them: PostgreSQL stops before the first
 * transaction that ended later than the target, and fails where the log has none.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RECOVERY-TARGET-TIME
 */
export async function locateTime(
  segments: readonly PathSegment[],
  moment: Moment,
  { readLastEnd }: Pick<WalReader, 'readLastEnd'>,
): Promise<LocatedTime> {
  let answer = segments.length;
  let lastEnd: Moment | undefined;
  // An idle server's last segments may hold no transaction.
  while (lastEnd === undefined && answer > 0) lastEnd = await readLastEnd(segments[(answer -= 1)]!);
  if (lastEnd === undefined || lastEnd <= moment) return { lastEnd };
  let [low, high] = [0, answer];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    let probe = middle;
    let end: Moment | undefined;
    while (probe < answer && (end = await readLastEnd(segments[probe]!)) === undefined) probe += 1;
    if (probe === answer || end! > moment) [answer, high] = [probe, middle];
    else low = probe + 1;
  }
  return { stopsIn: answer };
}
