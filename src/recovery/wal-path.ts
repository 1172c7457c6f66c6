import type { WalArchive } from '../catalogue/wal-archive.js';
import type { BaseManifest } from '../model/base-manifest.js';
import { segmentsBetween } from '../model/timeline-history.js';
import { findWalReach, type WalReach } from '../model/wal-reach.js';
import { parseLsn, type Lsn } from '../model/wal-segment.js';
import type { ArchivedWal } from './fetch-wal-file.js';

/** A file of the log, under the name by which replay asks for it. */
export interface PathSegment extends ArchivedWal {
  name: string;
  start: Lsn;
  /** As stored. */
  bytes: number;
}

/** What replay reads from a base backup on, as far as the archive reaches without a gap. */
export interface WalPath extends WalReach {
  segments: PathSegment[];
}

/**
 * Finds the way that replay takes from a base backup: along the newest timeline that comes from it.
 *
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html (Timelines)
 */
export function findPath(archive: WalArchive, base: BaseManifest): WalPath {
  const { walSegmentBytes: segmentBytes, timeline } = base;
  const from = parseLsn(base.startLsn)!;
  const reach = findWalReach({ ...archive, segmentBytes }, { timeline, lsn: from });
  const segments: PathSegment[] = [];
  if (reach.end > from)
    for (const { name, start } of segmentsBetween(
      from,
      reach.end - 1n,
      reach.timeline,
      reach.history,
      segmentBytes,
    )) {
      const whole = archive.segments.get(name);
      if (whole) segments.push({ name, start, key: whole.key, bytes: whole.bytes });
      else segments.push({ name, start, ...findPart(archive, name) });
    }
  return { ...reach, segments };
}

/** What was saved of the last segment: its longest part. */
function findPart({ partials }: WalArchive, name: string): Pick<PathSegment, 'key' | 'bytes' | 'partBytes'> {
  const parts = [...partials.values()].filter(({ segment }) => segment === name);
  const longest = parts.reduce((a, b) => (b.partBytes > a.partBytes ? b : a));
  return { key: longest.key, bytes: longest.bytes, partBytes: longest.partBytes };
}
