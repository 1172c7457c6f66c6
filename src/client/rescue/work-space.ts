import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../model/failures.js';
import { countDumpBytes } from '../../model/inventory.js';
import type { DatabaseManifest } from '../../model/manifest.js';
import { formatBytes } from '../output.js';
import type { Rescue } from './with-rescue.js';

/** Bytes that the directory has too few for an artifact and its dump; what an earlier try has downloaded is there. */
export async function findMissingSpace(
  { directory }: Pick<Rescue, 'directory'>,
  manifest: DatabaseManifest,
): Promise<number> {
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
  return Math.max(0, needed - bavail * bsize);
}

/**
 * Refuses a directory that is too small.
 *
 * @param missing - bytes
 * @throws OperationError `StagingTooSmall`
 */
export function refuseMissingSpace(
  { directory }: Pick<Rescue, 'directory'>,
  { id }: Pick<DatabaseManifest, 'id'>,
  missing: number,
): void {
  if (missing === 0) return;
  throw new OperationError(
    'StagingTooSmall',
    `${directory} has ${formatBytes(missing)} too little for backup ${id} to be unpacked; name a larger one with --directory.`,
  );
}
