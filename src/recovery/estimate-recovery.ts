import type { FoundTarget } from './find-target.js';
import { sizeOf, type BaseSize } from './choose-base.js';

/**
 * Bytes per second that are fetched and unpacked, and that are fetched and replayed. They are guesses, on the safe side of the
 * 288e6 and 62e6 that `npm run bench -- recovery --scale 0.3` saw on two busy cores with the store on the same machine.
 */
const UNPACKED = 100e6;
const REPLAYED = 50e6;
/** Segments that are on the disk at once while others are replayed. */
const SEGMENTS_AT_ONCE = 24;
/** Room for what replay adds to the data, as a share of them, and for everything small. */
const GROWTH = 1.1;
const FLOOR = 64 * 1024 * 1024;

/** What a recovery takes. */
export interface RecoveryEstimate {
  base: BaseSize;
  /** WAL as stored. */
  walBytes: number;
  stagingBytes: number;
  seconds: number;
}

/**
 * Estimates what a recovery takes: the artifacts, the data directory, a window of WAL and, where a database is taken out of
 * it, a dump that is at most as large, and once more to compare it.
 */
export function estimateRecovery(
  { backups, base, path, segments }: Pick<FoundTarget, 'backups' | 'base' | 'path' | 'segments'>,
  isExtracted: boolean,
): RecoveryEstimate {
  const size = sizeOf(backups, base);
  const replayed = path.segments.slice(0, segments);
  const walBytes = replayed.reduce((sum, { bytes }) => sum + bytes, 0);
  const data = Math.ceil(size.dataBytes * GROWTH);
  const seconds = size.dataBytes / UNPACKED + (segments * base.walSegmentBytes) / REPLAYED;
  return {
    base: size,
    walBytes,
    stagingBytes: size.bytes + data * (isExtracted ? 2 : 1) + SEGMENTS_AT_ONCE * base.walSegmentBytes + FLOOR,
    seconds: Math.ceil(seconds),
  };
}
