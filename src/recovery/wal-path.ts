import type { WalArchive } from '../catalogue/wal-archive.js';
import type { BaseManifest } from '../model/base-manifest.js';
import { segmentsBetween } from '../model/timeline-history.js';
import { toMoment, type Moment } from '../model/moment.js';
import { findWalReach, newestTimelineFrom, type WalReach } from '../model/wal-reach.js';
import { historyName, parseLsn, type Lsn } from '../model/wal-segment.js';
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
 * Of several base backups the one from which replay comes to the newest timeline, and that timeline. After a server was
 * recovered to a moment before its newest base backup, that one leads only to what was given up.
 *
 * @param backups - of the archive's cluster, the newest first
 * @param moment - as of then: a timeline that was archived later is one that a recovery, or a promotion, began later
 */
export function chooseLine<T extends Pick<BaseManifest, 'timeline' | 'startLsn'>>(
  { histories, historyFiles }: Pick<WalArchive, 'histories' | 'historyFiles'>,
  backups: readonly [T, ...T[]],
  moment?: Moment,
): { base: T; timeline: number } {
  const isThere = (timeline: number) => {
    const file = historyFiles.get(historyName(timeline));
    return moment === undefined || (file !== undefined && toMoment(file.modifiedAt) <= moment);
  };
  const known = new Map([...histories].filter(([timeline]) => isThere(timeline)));
  const lines = backups.map((base) => ({
    base,
    timeline: newestTimelineFrom({ timeline: base.timeline, lsn: parseLsn(base.startLsn)! }, known),
  }));
  return lines.reduce((best, line) => (line.timeline > best.timeline ? line : best));
}

/**
 * Finds the way that replay takes from a base backup: along one timeline, by default the newest that comes from it.
 *
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html (Timelines)
 */
export function findPath(archive: WalArchive, base: BaseManifest, follow?: number): WalPath {
  const { walSegmentBytes: segmentBytes, timeline } = base;
  const from = parseLsn(base.startLsn)!;
  const reach = findWalReach({ ...archive, segmentBytes }, { timeline, lsn: from }, follow);
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
