import { manifestKey, parseKey, subjectPrefix, type BackupSubject } from '../model/keys.js';
import { deleteUnlocked } from './prune-guards.js';
import type { Store } from '../stores/store.js';

/**
 * Deletes a backup: first the manifest, with which it ceases to exist, then what it described. Interrupted in between it
 * leaves an orphan, which a later prune sweeps; a manifest never outlives its artifact. Success when it does not exist.
 *
 * @returns the rule that keeps it, where the store refuses to delete it
 */
export async function deleteBackup(
  store: Store,
  subject: BackupSubject,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  // By the listing and not by the manifest, which an interrupted call may have deleted already.
  const artifacts: string[] = [];
  for await (const { key } of store.list(subjectPrefix(subject), signal)) {
    const parsed = parseKey(key);
    if (parsed?.part === 'artifact' && parsed.id === id) artifacts.push(key);
  }
  return await deleteUnlocked(store, [manifestKey(subject, id), ...artifacts], signal);
}

/**
 * Deletes an artifact that has no manifest, unless it was given one in the meantime.
 *
 * @returns whether it was deleted
 */
export async function sweepOrphan(store: Store, key: string, signal: AbortSignal): Promise<boolean> {
  const parsed = parseKey(key);
  if (!parsed) return false;
  if (await store.describe(manifestKey(parsed.subject, parsed.id), signal)) return false;
  return (await deleteUnlocked(store, [key], signal)) === undefined;
}
