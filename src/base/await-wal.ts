import { setTimeout as delay } from 'node:timers/promises';
import { holdsWalFile } from '../catalogue/holds-wal-file.js';
import type { NeededWal } from '../model/base-plan.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { Cluster } from '../model/physical-keys.js';
import { segmentsBetween } from '../model/timeline-history.js';
import { parseLsn } from '../model/wal-segment.js';
import type { Store } from '../stores/store.js';

/** How often the store is asked for a segment, in milliseconds. */
const INTERVAL = 1000;

/**
 * Waits until a store holds all the WAL without which a base backup is of no use.
 *
 * @param patienceSeconds - how long one segment may take to come
 * @param onSegments - called with how many of them are there, whenever one more is
 * @throws OperationError `WalMissing` naming the segment that does not come
 */
export async function awaitWal(
  store: Store,
  cluster: Cluster,
  { timeline, startLsn, stopLsn, segmentBytes }: NeededWal,
  {
    patienceSeconds,
    onSegments,
    signal,
  }: { patienceSeconds: number; onSegments: (present: number) => void; signal: AbortSignal },
): Promise<void> {
  let present = 0;
  // The stop LSN is the first byte that is not needed.
  const last = parseLsn(stopLsn)! - 1n;
  for (const { name } of segmentsBetween(parseLsn(startLsn)!, last, timeline, [], segmentBytes)) {
    for (let begun = Date.now(); !(await holdsWalFile(store, cluster, name, signal));) {
      if (Date.now() - begun > patienceSeconds * 1000)
        throw new OperationError(
          'WalMissing',
          `WAL segment ${name} of server ${cluster.server} did not come into the store ${store.name} within ${patienceSeconds} s, and the base backup, which needs it, was not committed; ${remedyFor('WalMissing')}.`,
        );
      await delay(INTERVAL, undefined, { signal });
    }
    present += 1;
    onSegments(present);
  }
}
