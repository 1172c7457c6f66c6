import type { BaseLayout, BaseManifest } from './base-manifest.js';
import { countDumpBytes } from './inventory.js';
import type { Manifest } from './manifest.js';

/** A dump seldom grows more than this from one night to the next. */
const GROWTH = 1.25;
/** Room for the table of contents and the smallest of databases, in bytes. */
const FLOOR = 16 * 1024 * 1024;
/** How much smaller than the dump an archive is when nothing is known of the data. */
const UNKNOWN_RATIO = 0.5;

/**
 * How large a backup will be, in bytes: its dump, for progress, and dump and archive together, for staging.
 *
 * The last backup of the same database tells best. Without one it is the database's size on the server's disk, which
 * counts indexes that a dump leaves out, and so is rather too large.
 */
export function estimateSizes(
  databaseBytes: number,
  previous: Manifest | undefined,
): { expectedBytes: number; stagingBytes: number } {
  const previousBytes = previous?.kind === 'database' ? countDumpBytes(previous.inventory) : 0;
  const expectedBytes = previousBytes > 0 ? previousBytes : databaseBytes;
  const ratio = previous && previousBytes > 0 ? previous.artifact.bytes / previousBytes : UNKNOWN_RATIO;
  const dump = expectedBytes * GROWTH + FLOOR;
  return {
    expectedBytes: Math.round(expectedBytes),
    stagingBytes: Math.round(dump * (1 + Math.min(1, ratio))),
  };
}

/**
 * How much staging a base backup takes at most, in bytes: its artifact and, where it is made of files, those as well.
 *
 * @param dataBytes - of the server, as it is now
 * @param previous - the last whole one of the same server
 */
export function estimateBaseStaging(
  dataBytes: number,
  layout: BaseLayout,
  previous: Pick<BaseManifest, 'artifact' | 'dataBytes'> | undefined,
): number {
  const ratio =
    previous && previous.dataBytes > 0 ? previous.artifact.bytes / previous.dataBytes : UNKNOWN_RATIO;
  const packed = dataBytes * GROWTH * Math.min(1, ratio) + FLOOR;
  return Math.round(layout === 'files' ? 2 * packed : packed);
}
