import { parseKey, subjectPrefix } from '../model/keys.js';
import { parseBackupId } from '../model/names.js';
import { isFromFuture } from '../model/retention.js';
import { nameReadable, type Readable } from './plan-read-back.js';
import type { StoreContents } from './read-store.js';

/** Whether an object of a store is of a backup that a newer whole one, of the same subject in the same store, replaces. */
export type IsReplaced = (object: Pick<Readable, 'store' | 'key'>) => boolean;

/**
 * Finds what newer whole backups replace. Base backups replace none: an older one is what an earlier moment is recovered
 * from, and an incremental one may need it.
 *
 * @param damaged - what reading back has found, now or before
 */
export function findReplaced(
  contents: readonly StoreContents[],
  damaged: readonly Pick<Readable, 'store' | 'key'>[],
  now: Date,
): IsReplaced {
  const isDamaged = new Set(damaged.map(nameReadable));
  const newest = new Map<string, Date>();
  for (const { store, artifacts, astray } of contents) {
    const isAstray = new Set(astray.map(({ artifact }) => artifact.key));
    for (const { key } of artifacts) {
      const backup = parseBackup(store, key);
      if (!backup || isAstray.has(key) || isDamaged.has(nameReadable({ store, key }))) continue;
      if (isFromFuture(backup.time, now) || backup.time <= (newest.get(backup.of) ?? 0)) continue;
      newest.set(backup.of, backup.time);
    }
  }
  return ({ store, key }) => {
    const backup = parseBackup(store, key);
    return backup !== undefined && backup.time < (newest.get(backup.of) ?? 0);
  };
}

/** Of what, in which store, and of when the backup is that an object belongs to; undefined where it is of no dump. */
function parseBackup(store: string, key: string): { of: string; time: Date } | undefined {
  const parsed = parseKey(key);
  return parsed && { of: `${store} ${subjectPrefix(parsed.subject)}`, time: parseBackupId(parsed.id)!.time };
}
