import pMap from 'p-map';
import type { Store } from '../stores/store.js';

/** How long an artifact may wait for its manifest: what is younger may belong to a backup still on its way. */
const GRACE_MILLISECONDS = 48 * 3_600_000;

/** Questions in flight to the store at once. */
const CONCURRENCY = 8;

/** Whether nobody works on something any more that was begun then. */
export function isPastGrace(time: Date, now: Date): boolean {
  return now.getTime() - time.getTime() > GRACE_MILLISECONDS;
}

/** Those of the objects that the store itself would refuse to delete. */
export async function findLocked(
  store: Store,
  keys: readonly string[],
  now: Date,
  signal: AbortSignal,
): Promise<Set<string>> {
  const locked = await pMap(
    keys,
    async (key) => ((await store.describe(key, signal))?.lockedUntil ?? now) > now,
    { concurrency: CONCURRENCY, signal },
  );
  return new Set(keys.filter((_, index) => locked[index]));
}
