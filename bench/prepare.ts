import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { narrate } from '../tools/demo/narrate.js';
import ensureBuild from '../tools/ensure-build.js';
import { installMinio } from '../tools/install/install-minio.js';
import { installSystemPackages } from '../tools/install/install-system-packages.js';
import { installTemporal } from '../tools/install/install-temporal.js';

/** Installs and builds what the benchmarks run, as far as it is missing: once, so that all of them run the same. */
export async function preparePrograms(): Promise<void> {
  await narrate('Looking for PostgreSQL, GnuPG, zstd and pigz', installSystemPackages);
  await narrate('Looking for Temporal', installTemporal);
  await narrate('Looking for MinIO', installMinio);
  await narrate('Building this project, if it changed', ensureBuild);
}

/** Database and WAL, its dump in staging or beside, archives in staging and in the store: each well below the dump. */
const bytesPerDumpByte = 4;

/**
 * Looks whether there is room for databases of a size.
 *
 * @throws Error when there is not
 */
export async function requireSpace(scaleGiB: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  const freeGiB = (bavail * bsize) / 2 ** 30;
  const neededGiB = scaleGiB * bytesPerDumpByte;
  if (freeGiB >= neededGiB) return;
  throw new Error(
    `This needs ${neededGiB.toFixed(1)} GiB below ${tmpdir()}, which has ${freeGiB.toFixed(1)}: free some, set TMPDIR to a larger volume, or give a smaller --scale.`,
  );
}
