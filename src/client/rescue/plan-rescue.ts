import { countDumpBytes } from '../../model/inventory.js';
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../model/failures.js';
import type { DatabaseManifest, Manifest } from '../../model/manifest.js';
import { administer, type AdministeredServer } from '../../postgres/administer.js';
import { findUnfinished } from '../../postgres/restore-target.js';
import { readTargetFacts, type TargetFacts } from '../../postgres/target-facts.js';
import { checkMeans } from '../../restores/check-means.js';
import type { RestoreMeans } from '../../restores/restore-backup.js';
import { formatBytes } from '../output.js';

const KEYS_REMEDY = 'name the file of the exported private keys with --private-keys';

/**
 * Looks at a target with the eyes of a backup, and at the keys and programs, while nothing has been made yet.
 *
 * @param databases - names to look for on the target
 * @throws OperationError `TargetUnfit`, `KeyUnusable`, `ProgramMissing`
 */
export async function inspectTarget(
  target: AdministeredServer,
  manifest: DatabaseManifest,
  databases: readonly string[],
  means: RestoreMeans,
  workDirectory: string,
  signal: AbortSignal,
): Promise<TargetFacts> {
  const facts = await readTargetFacts(target, manifest, databases, signal);
  if (facts.missingExtensions.length > 0)
    throw new OperationError(
      'TargetUnfit',
      `Server ${target.server.name} lacks the extension ${facts.missingExtensions.join(', ')} of backup ${manifest.id}; install it on its host, then start again.`,
    );
  await checkMeans(manifest, facts.major, { ...means, workDirectory }, KEYS_REMEDY, { signal });
  return facts;
}

/** Databases that an earlier try of the same restore has left unfinished: they are its own to drop. */
export async function findLeftovers(
  target: AdministeredServer,
  restoreId: string,
  signal: AbortSignal,
): Promise<string[]> {
  return administer(target, signal, (client) => findUnfinished(client, restoreId));
}

/**
 * Makes sure that an artifact and its dump find room, what an earlier try has downloaded not counted twice.
 *
 * @throws OperationError `StagingTooSmall`
 */
export async function requireSpace(directory: string, manifest: DatabaseManifest): Promise<void> {
  const own = join(directory, manifest.id);
  const sizes = await Promise.all(
    ['artifact', 'artifact.partial'].map((name) =>
      stat(join(own, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const needed =
    manifest.artifact.bytes - Math.max(...sizes) + Math.ceil(countDumpBytes(manifest.inventory) * 1.05);
  const { bavail, bsize } = await statfs(directory);
  if (needed <= bavail * bsize) return;
  throw new OperationError(
    'StagingTooSmall',
    `Backup ${manifest.id} needs ${formatBytes(needed)} to be unpacked and ${directory} has ${formatBytes(bavail * bsize)}; name a larger one with --directory.`,
  );
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
