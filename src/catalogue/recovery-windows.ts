import type { BaseManifest } from '../model/base-manifest.js';
import { parseLsn, type Lsn } from '../model/wal-segment.js';
import { findWalReach, type MissingWal } from '../model/wal-reach.js';
import type { WalArchive } from './wal-archive.js';

/** What is read of a base backup to tell how far it can be rolled forward. */
export type BaseBackupFacts = Pick<
  BaseManifest,
  'id' | 'timeline' | 'startLsn' | 'stopLsn' | 'stopTime' | 'walSegmentBytes'
>;

/** A stretch of time of which every moment can be recovered to. */
export interface RecoveryWindow {
  /** The base backups in it, oldest first. */
  baseBackups: string[];
  /** The end of the oldest base backup. */
  from: { time: string; lsn: Lsn };
  /** The end of the WAL that follows without a gap; what was committed before about then is in it. */
  to: { time: string; lsn: Lsn; timeline: number };
  /** What is missing after it, if anything is. */
  missing: MissingWal[];
}

/**
 * The windows that an archive and its base backups make, oldest first: one, unless WAL is missing in between.
 *
 * @param baseBackups - of the same cluster, in any order; one whose own WAL is not there makes no window
 */
export function findWindows(archive: WalArchive, baseBackups: readonly BaseBackupFacts[]): RecoveryWindow[] {
  const windows = new Map<string, RecoveryWindow>();
  const oldestFirst = [...baseBackups].sort((a, b) => (a.stopTime < b.stopTime ? -1 : 1));
  for (const { id, timeline, startLsn, stopLsn, stopTime, walSegmentBytes } of oldestFirst) {
    const from = { timeline, lsn: parseLsn(startLsn)! };
    const { end, missing, last, ...reach } = findWalReach(
      { ...archive, segmentBytes: walSegmentBytes },
      from,
    );
    if (end < parseLsn(stopLsn)!) continue;
    const key = `${reach.timeline} ${end}`;
    const window = windows.get(key);
    if (window) window.baseBackups.push(id);
    else
      windows.set(key, {
        baseBackups: [id],
        from: { time: stopTime, lsn: parseLsn(stopLsn)! },
        to: {
          time: (last && archive.segments.get(last)?.modifiedAt.toISOString()) ?? stopTime,
          lsn: end,
          timeline: reach.timeline,
        },
        missing,
      });
  }
  return [...windows.values()];
}
