import pMap from 'p-map';
import type { Store } from '../stores/store.js';

/** How long an artifact may wait for its manifest: what is younger may belong to a backup still on its way. */
const GRACE_MILLISECONDS = 48 * 3_600_000;

/** Questions in flight to the store at once. */
const CONCURRENCY = 8;

/** The rule that keeps what is being read. */
export const IN_USE = 'in use';

/** What reads backups of a server at present. */
export interface Readers {
  /** Ids of the database backups that are being restored. */
  backups: Set<string>;
  /** Whether it is being recovered: which base backup and how much WAL that takes is not told from outside. */
  recovers: boolean;
}

/** Whether nobody works on something any more that was begun then. */
export function isPastGrace(time: Date, now: Date): boolean {
  return now.getTime() - time.getTime() > GRACE_MILLISECONDS;
}

/** Those of the objects that the store itself would refuse to delete, and until when. */
export async function findLocked(
  store: Store,
  keys: readonly string[],
  now: Date,
  signal: AbortSignal,
): Promise<Map<string, Date>> {
  const locks = await pMap(
    keys,
    async (key): Promise<[string, Date | undefined]> => [
      key,
      (await store.describe(key, signal))?.lockedUntil,
    ],
    { concurrency: CONCURRENCY, signal },
  );
  return new Map(locks.filter((lock): lock is [string, Date] => lock[1] !== undefined && lock[1] > now));
}

/** The rule that keeps something whose objects are locked until then; undefined for none. */
export function lockRule(locks: Iterable<Date>): string | undefined {
  const until = Math.max(...[...locks].map((lock) => lock.getTime()));
  if (until === -Infinity) return undefined;
  const day = new Date(until);
  return day.getUTCFullYear() > 9999 ? 'legal hold' : `locked until ${day.toISOString().slice(0, 10)}`;
}

/**
 * Deletes objects one after the other, up to one that the store refuses to delete: nothing forbade it when that was
 * decided, but a lock or a legal hold may have come since.
 *
 * @returns the rule that keeps that one; undefined when all are gone
 */
export async function deleteUnlocked(
  store: Store,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const key of keys)
    try {
      await store.delete(key, signal);
    } catch (error) {
      signal.throwIfAborted();
      // Stores do not agree on how they refuse.
      const rule = lockRule((await findLocked(store, [key], new Date(), signal)).values());
      if (rule === undefined) throw error;
      return rule;
    }
  return undefined;
}
