import type { WalGap } from '../model/base-manifest.js';
import { OperationError } from '../model/failures.js';
import { MANIFEST_FORMAT } from '../model/manifest.js';
import { walGapKey, type Cluster } from '../model/physical-keys.js';
import { formatLsn, type Lsn } from '../model/wal-segment.js';
import type { Store } from '../stores/store.js';

/** WAL that is not, and will not be, in the store. */
export interface LostWal {
  timeline: number;
  /** Name of the first segment that is missing. */
  first: string;
  /** What came before it is in the store, */
  from: Lsn;
  /** and so is what comes from here on; undefined when nothing does. */
  to?: Lsn | undefined;
  reason: string;
}

/** Keeps for good that WAL is missing. The same gap again is the one that is there. */
export async function recordGap(
  store: Store,
  { server, systemIdentifier }: Cluster,
  { timeline, first, from, to, reason }: LostWal,
  signal: AbortSignal,
): Promise<void> {
  const gap: WalGap = {
    format: MANIFEST_FORMAT,
    server,
    systemIdentifier,
    timeline,
    fromLsn: formatLsn(from),
    ...(to === undefined ? {} : { toLsn: formatLsn(to) }),
    foundAt: new Date().toISOString(),
    reason,
  };
  const key = walGapKey({ server, systemIdentifier }, first);
  await store
    .putDocument(key, Buffer.from(`${JSON.stringify(gap, null, 2)}\n`), signal)
    .catch((error: unknown) => {
      // It was found before, at another time.
      if (!(error instanceof OperationError) || error.type !== 'StoreConflict') throw error;
    });
}
