import { listBaseBackups } from '../catalogue/base-backups.js';
import { findWindows, type RecoveryWindow } from '../catalogue/recovery-windows.js';
import { listWal, listWalClusters } from '../catalogue/wal-archive.js';
import type { WalGap } from '../model/base-manifest.js';
import { parseSegmentName, type Lsn } from '../model/wal-segment.js';
import { findWalReach, type WalReach } from '../model/wal-reach.js';
import type { Store } from '../stores/store.js';

const HOUR = 3_600_000;

/** How the WAL of one cluster stands in a store. */
export interface WalStatus {
  systemIdentifier: string;
  /** What can be recovered to, oldest first. */
  windows: RecoveryWindow[];
  /** Ids of base backups that the WAL which belongs to them is missing for. */
  unusable: string[];
  /** How far the archive reaches from its first segment on, along the newest timeline, and what is missing on the way. */
  reach?: WalReach;
  /** The segment that was archived last. */
  last?: { name: string; end: Lsn; time: string };
  /** Of the last hour: segments archived, and their bytes as stored. */
  lastHour: { segments: number; storedBytes: number };
  segments: number;
  storedBytes: number;
  /** Gaps on record. */
  gaps: WalGap[];
}

/** Reads how the WAL of a server stands in a store, one entry for each of its incarnations. */
export async function readWalStatus(
  store: Store,
  server: string,
  segmentBytes: number,
  signal: AbortSignal,
  now = new Date(),
): Promise<WalStatus[]> {
  const baseBackups = await listBaseBackups(store, server, signal);
  const clusters = await listWalClusters(store, server, signal);
  return Promise.all(
    clusters.map(async (cluster) => {
      const archive = await listWal(store, cluster, signal);
      const own = baseBackups.filter(({ systemIdentifier }) => systemIdentifier === cluster.systemIdentifier);
      const windows = findWindows(archive, own);
      const usable = new Set(windows.flatMap((window) => window.baseBackups));
      const objects = [...archive.segments.values()];
      const recent = objects.filter(({ modifiedAt }) => now.getTime() - modifiedAt.getTime() <= HOUR);
      const sum = (some: typeof objects) => some.reduce((total, { bytes }) => total + bytes, 0);
      return {
        systemIdentifier: cluster.systemIdentifier,
        windows,
        unusable: own.map(({ id }) => id).filter((id) => !usable.has(id)),
        ...describeExtent(archive, segmentBytes),
        lastHour: { segments: recent.length, storedBytes: sum(recent) },
        segments: objects.length,
        storedBytes: sum(objects),
        gaps: archive.gaps,
      };
    }),
  );
}

function describeExtent(
  archive: Awaited<ReturnType<typeof listWal>>,
  segmentBytes: number,
): Pick<WalStatus, 'reach' | 'last'> {
  const segments = [...archive.segments].map(([name, object]) => ({
    ...{ name, object },
    ...parseSegmentName(name, segmentBytes)!,
  }));
  const byStart = segments.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const [first] = byStart;
  const last = byStart.at(-1);
  if (!first || !last) return {};
  return {
    reach: findWalReach({ ...archive, segmentBytes }, { timeline: first.timeline, lsn: first.start }),
    last: {
      name: last.name,
      end: last.start + BigInt(segmentBytes),
      time: last.object.modifiedAt.toISOString(),
    },
  };
}

/** Of a server that does not say its own: what initdb makes when it is not told otherwise. */
export const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
