import type { DatabaseManifest } from '../model/manifest.js';
import { damagedArtifact } from '../archive/damaged.js';
import { END_MARKER } from '../postgres/data-file.js';
import { listDumpFiles } from '../postgres/inventory.js';

/**
 * Checks that an unpacked dump holds the files of the dump that the manifest describes, by their sizes: a table of
 * contents, one data file for each table of the inventory, the large objects. What is in them is compared after the
 * restore.
 *
 * @throws OperationError `ArtifactDamaged`
 */
export async function checkUnpacked(
  { artifact, inventory }: DatabaseManifest,
  directory: string,
): Promise<void> {
  const files = await listDumpFiles(directory);
  const sizesOf = (pattern: RegExp) =>
    files.filter(({ name }) => pattern.test(name)).map(({ bytes }) => bytes);
  const fault = (what: string) =>
    damagedArtifact(artifact, `holds another dump than its manifest describes (${what})`);
  if (sizesOf(/^toc\.dat$/).length !== 1) throw fault('no table of contents');

  const expected = inventory.tables.map(({ bytes }) => bytes + END_MARKER.length);
  const found = sizesOf(/^\d+\.dat$/);
  if (found.length !== expected.length) throw fault(`${found.length} instead of ${expected.length} tables`);
  if (!isSameBag(found, expected)) throw fault('tables of other sizes');

  const largeObjects = sizesOf(/^blob_\d+\.dat$/);
  if (
    largeObjects.length !== inventory.largeObjects.count ||
    sum(largeObjects) !== inventory.largeObjects.bytes
  )
    throw fault('other large objects');
}

const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);

function isSameBag(a: number[], b: number[]): boolean {
  const sorted = (sizes: number[]) => [...sizes].sort((x, y) => x - y);
  return sorted(a).join() === sorted(b).join();
}
