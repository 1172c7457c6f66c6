import { OperationError } from '../../model/failures.js';
import type { DatabaseManifest, Manifest } from '../../model/manifest.js';
import { administer } from '../../postgres/administer.js';
import { findUnfinished } from '../../postgres/restore-target.js';
import { readTargetFacts, type TargetFacts } from '../../postgres/target-facts.js';
import { checkMeans } from '../../restores/check-means.js';
import type { Rescue } from './with-rescue.js';

/** What to do where no private key opens a backup. */
export const KEYS_REMEDY = 'name the file of the exported private keys with --private-keys';

/**
 * Looks at the target with the eyes of a backup, and at the keys and programs, while nothing has been made yet.
 *
 * @param databases - names to look for on the target
 * @throws OperationError `TargetUnfit`, `KeyUnusable`, `ProgramMissing`
 */
export async function inspectTarget(
  { target, means, scratch, signal }: Rescue,
  manifest: DatabaseManifest,
  databases: readonly string[],
): Promise<TargetFacts> {
  const facts = await readTargetFacts(target, manifest, databases, signal);
  await checkMeans(manifest, facts.major, { ...means, workDirectory: scratch }, KEYS_REMEDY, { signal });
  return facts;
}

/**
 * Refuses a target whose host lacks what nobody can bring with a backup.
 *
 * @throws OperationError `TargetUnfit`
 */
export function refuseMissingExtensions(
  { target }: Pick<Rescue, 'target'>,
  { id }: Pick<DatabaseManifest, 'id'>,
  missing: readonly string[],
): void {
  if (missing.length === 0) return;
  throw new OperationError(
    'TargetUnfit',
    `Server ${target.server.name} lacks the extension ${missing.join(', ')} of backup ${id}; install it on its host, then start again.`,
  );
}

/** Databases that an earlier try of the same restore has left unfinished: they are its own to drop. */
export async function findLeftovers({ target, signal }: Rescue, restoreId: string): Promise<string[]> {
  return administer(target, signal, (client) => findUnfinished(client, restoreId));
}

/**
 * A manifest under a database's key, which must be of a database.
 *
 * @throws OperationError `ManifestUnreadable`
 */
export function requireDatabase(manifest: Manifest): DatabaseManifest {
  if (manifest.kind === 'database') return manifest;
  throw new OperationError(
    'ManifestUnreadable',
    `The manifest of ${manifest.id} is of the globals; restore it from a copy of the store, or use another backup.`,
  );
}
