import pMap from 'p-map';
import { OperationError } from '../model/failures.js';
import type { Artifact } from '../model/manifest.js';
import type { Store, StoredObject } from '../stores/store.js';
import type { ListedBackup } from './list-backups.js';
import { readIfPresent } from './read-manifest.js';

/** Manifests read at once. */
const CONCURRENCY = 8;

/** The rule that keeps a backup of which an artifact is not there, or not of the size that its manifest names. */
export const ARTIFACT_MISSING = 'artifact missing';
/** The rule that keeps a backup of which nobody knows what it should be. */
export const UNREADABLE_MANIFEST = 'unreadable manifest';

/**
 * Finds the backups that must not stand in for others, by what a listing shows: nothing of their artifacts is read.
 *
 * @returns by the keys of their manifests, the rule that each of them is kept by
 */
export async function findDamage(
  store: Store,
  backups: readonly ListedBackup[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const examined = await pMap(
    backups,
    async (backup) => [backup.manifestKey, await examine(store, backup, signal)] as const,
    { concurrency: CONCURRENCY, signal },
  );
  return new Map(examined.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function examine(
  store: Store,
  { subject, id, artifacts }: ListedBackup,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (artifacts.length === 0) return ARTIFACT_MISSING;
  try {
    const manifest = await readIfPresent(store, subject, id, signal);
    if (!manifest) return UNREADABLE_MANIFEST;
    return holdsAll(artifacts, [manifest.artifact]) ? undefined : ARTIFACT_MISSING;
  } catch (error) {
    if (error instanceof OperationError && error.type === 'ManifestUnreadable') return UNREADABLE_MANIFEST;
    throw error;
  }
}

/** Whether what a listing shows has everything that a manifest names, under its key and of its size. */
export function holdsAll(listed: readonly StoredObject[], named: readonly Artifact[]): boolean {
  return named.every(({ key, bytes }) =>
    listed.some((object) => object.key === key && object.bytes === bytes),
  );
}
