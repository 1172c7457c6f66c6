import { setTimeout as delay } from 'node:timers/promises';
import { holdsWalFile } from '../catalogue/holds-wal-file.js';
import { listWal } from '../catalogue/wal-archive.js';
import type { WalGap } from '../model/base-manifest.js';
import type { NeededWal } from '../model/base-plan.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { Cluster } from '../model/physical-keys.js';
import { segmentsBetween } from '../model/timeline-history.js';
import { parseLsn, type WalSegment } from '../model/wal-segment.js';
import type { Store } from '../stores/store.js';

/** How often the store is asked for a segment, in milliseconds. */
const INTERVAL = 1000;
/** How often it is looked whether there is any hope for it, in milliseconds. */
const LOOK_INTERVAL = 10_000;

/** How long WAL is waited for, and who is asked whether it may still come. */
export interface WalPatience {
  /** How long one segment may take to come, in seconds. */
  patienceSeconds: number;
  /** How long nobody may be archiving, in seconds: a worker that restarts is given the time to. */
  archiverPatienceSeconds: number;
  /** Whether somebody archives the WAL of the server. */
  isArchived: () => Promise<boolean>;
  /** Called with how many segments are there, whenever one more is. */
  onSegments: (present: number) => void;
  signal: AbortSignal;
}

/**
 * Waits until a store holds all the WAL without which a base backup is of no use.
 *
 * @throws OperationError `WalMissing` naming the segment that does not come: its time is over, it is on record as lost, or
 * nobody archives
 */
export async function awaitWal(
  store: Store,
  cluster: Cluster,
  { timeline, startLsn, stopLsn, segmentBytes }: NeededWal,
  { patienceSeconds, archiverPatienceSeconds, isArchived, onSegments, signal }: WalPatience,
): Promise<void> {
  let present = 0;
  let looked = 0;
  let archivedAt = Date.now();
  // The stop LSN is the first byte that is not needed.
  const last = parseLsn(stopLsn)! - 1n;
  for (const segment of segmentsBetween(parseLsn(startLsn)!, last, timeline, [], segmentBytes)) {
    const { name } = segment;
    const refuse = (fault: string, remedy: string = remedyFor('WalMissing')) =>
      new OperationError(
        'WalMissing',
        `WAL segment ${name} of server ${cluster.server} ${fault}, and the base backup, which needs it, was not committed; ${remedy}.`,
      );
    for (const begun = Date.now(); !(await holdsWalFile(store, cluster, name, signal));) {
      if (Date.now() - looked >= LOOK_INTERVAL) {
        const gap = await findGap(store, cluster, segment, signal);
        if (gap) throw refuse(`is lost (${gap.reason})`);
        if (await isArchived()) archivedAt = Date.now();
        else if (Date.now() - archivedAt >= archiverPatienceSeconds * 1000)
          throw refuse(
            'does not come, because nobody archives',
            'see the schedule "wal" with "temponest-backups schedules list", and make a new base backup when it runs',
          );
        looked = Date.now();
      }
      if (Date.now() - begun > patienceSeconds * 1000)
        throw refuse(`did not come into the store ${store.name} within ${patienceSeconds} s`);
      await delay(INTERVAL, undefined, { signal });
    }
    present += 1;
    onSegments(present);
  }
}

/** The gap on record that a segment lies in. On another timeline its place may have been written anew. */
async function findGap(
  store: Store,
  cluster: Cluster,
  { timeline, start }: WalSegment,
  signal: AbortSignal,
): Promise<WalGap | undefined> {
  const { gaps } = await listWal(store, cluster, signal);
  return gaps.find(
    (gap) =>
      gap.timeline === timeline &&
      parseLsn(gap.fromLsn)! <= start &&
      (gap.toLsn === undefined || start < parseLsn(gap.toLsn)!),
  );
}
