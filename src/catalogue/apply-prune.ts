import type { Store } from '../stores/store.js';
import { deleteBackup, sweepOrphan } from './delete-backup.js';
import type { PrunePlan } from './plan-prune.js';

/** What a prune did. */
export interface PruneCounts {
  deleted: number;
  orphansSwept: number;
  /** The rules that keep what was to be deleted after all, by the backup's id. */
  refused: Map<string, string>;
}

/**
 * Does what {@link planPrune} decided. It may be interrupted anywhere: each backup is then whole or an orphan, and the
 * next prune, or the same plan again, ends where an undisturbed one would have.
 *
 * @param onProgress - called after each backup deleted and each leftover swept
 */
export async function applyPrune(
  store: Store,
  plan: PrunePlan,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (counts: PruneCounts) => void },
): Promise<PruneCounts> {
  const counts: PruneCounts = { deleted: 0, orphansSwept: 0, refused: new Map() };
  for (const { subject, backupId, keep } of plan.decisions) {
    if (keep) continue;
    const rule = await deleteBackup(store, subject, backupId, signal);
    if (rule === undefined) counts.deleted++;
    else counts.refused.set(backupId, rule);
    onProgress(counts);
  }
  for (const { key } of plan.orphans) {
    if (await sweepOrphan(store, key, signal)) counts.orphansSwept++;
    onProgress(counts);
  }
  for (const { key } of plan.unfinished) {
    await store.abortUnfinished(key, signal);
    counts.orphansSwept++;
    onProgress(counts);
  }
  return counts;
}
