import pMap from 'p-map';
import { baseManifestKey, parseBaseKey } from '../model/physical-keys.js';
import type { Store } from '../stores/store.js';
import { deleteBaseBackup } from './base-backups.js';
import type { BasePrunePlan } from './plan-base-prune.js';
import { deleteUnlocked } from './prune-guards.js';

/** Deletions of WAL in flight at once. */
const CONCURRENCY = 8;

/** What a prune of base backups did. */
export interface BasePruneCounts {
  deleted: number;
  orphansSwept: number;
  walDeleted: number;
  /** The rules that keep what was to be deleted after all, by the backup's id. */
  refused: Map<string, string>;
}

/**
 * Does what {@link planBasePrune} decided. It may be interrupted anywhere: base backups go before the WAL that only they
 * needed, so that none of those that are left lacks any.
 *
 * @param onProgress - called whenever something was deleted
 */
export async function applyBasePrune(
  store: Store,
  plan: BasePrunePlan,
  { signal, onProgress }: { signal: AbortSignal; onProgress: () => void },
): Promise<BasePruneCounts> {
  const counts: BasePruneCounts = { deleted: 0, orphansSwept: 0, walDeleted: 0, refused: new Map() };
  // Newest first: an incremental one before what it holds the changes since.
  for (const { cluster, backupId, keep } of plan.decisions) {
    if (keep) continue;
    const rule = await deleteBaseBackup(store, cluster, backupId, signal);
    if (rule === undefined) counts.deleted++;
    else counts.refused.set(backupId, rule);
    onProgress();
  }
  for (const { key } of plan.orphans) {
    const { cluster, id } = parseBaseKey(key)!;
    if (await store.describe(baseManifestKey(cluster, id), signal)) continue;
    if ((await deleteUnlocked(store, [key], signal)) === undefined) counts.orphansSwept++;
    onProgress();
  }
  for (const { key } of plan.unfinished) {
    await store.abortUnfinished(key, signal);
    counts.orphansSwept++;
    onProgress();
  }
  await pMap(
    plan.wal,
    async (key) => {
      if ((await deleteUnlocked(store, [key], signal)) === undefined) counts.walDeleted++;
      onProgress();
    },
    { concurrency: CONCURRENCY, signal },
  );
  return counts;
}
