import { copyFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { partialName } from '../model/physical-keys.js';
import { formatLsn } from '../model/wal-segment.js';
import { recordGap } from './record-gap.js';
import { isUnfit, shipFile, type ShippingMeans } from './ship-file.js';
import { listSpool, partialPath, setAside, spooledPath, type Spool, type SpooledSegment } from './spool.js';

/** Replay reads WAL by pages of this size, in bytes. */
const PAGE_BYTES = 8192;

/** What there was of a segment. */
export interface ShippedPartial {
  /** The name it was archived under. */
  file: string;
  /** Replay comes to here by it. */
  lsn: string;
}

/**
 * Ships every whole file that waits in a spool nobody else works on, and removes it from there. Of what cannot be archived
 * nothing more will come: its gap is put on record, it is set aside, and the rest goes on.
 */
export async function shipWaiting(spool: Spool, means: ShippingMeans): Promise<void> {
  const { histories, segments } = await listSpool(spool);
  for (const name of [...histories, ...segments.map((segment) => segment.name)]) {
    const path = spooledPath(spool, name);
    try {
      await shipFile(spool, path, name, means);
      await rm(path);
    } catch (error) {
      if (!isUnfit(error)) throw error;
      const lost = segments.find((segment) => segment.name === name);
      if (lost) await recordLoss(spool, lost, error.message, means);
      await setAside(spool, name);
    }
  }
}

function recordLoss(
  { cluster, segmentBytes }: Spool,
  { name, timeline, start }: SpooledSegment,
  reason: string,
  { store, signal }: ShippingMeans,
): Promise<void> {
  const lost = { timeline, first: name, from: start, to: start + BigInt(segmentBytes), reason };
  return recordGap(store, cluster, lost, signal);
}

/**
 * Ships what was received of the segment that its server had not ended when it was lost. It stays in the spool.
 *
 * @returns undefined when nothing was, or as much of another content is archived already
 */
export async function shipPartial(spool: Spool, means: ShippingMeans): Promise<ShippedPartial | undefined> {
  const newest = (await listSpool(spool)).partials.at(-1);
  if (!newest) return undefined;
  // More may arrive meanwhile, if the server lives after all.
  const copy = join(spool.outgoing, `${newest.name}.copy`);
  await copyFile(partialPath(spool, newest.name), copy);
  try {
    const bytes = await measureWritten(copy);
    if (bytes === 0) return undefined;
    const file = partialName(newest.name, bytes);
    try {
      await shipFile(spool, copy, file, means);
    } catch (error) {
      // As many bytes were saved before, of another page: what is in the store stays.
      if (!isUnfit(error)) throw error;
      return undefined;
    }
    return { file, lsn: formatLsn(newest.start + BigInt(bytes)) };
  } finally {
    await rm(copy, { force: true });
  }
}

/** Bytes up to the end of the last page that was written to: pg_receivewal fills a new segment with zeros. */
async function measureWritten(path: string): Promise<number> {
  const file = await open(path);
  try {
    const page = Buffer.alloc(PAGE_BYTES);
    for (let end = (await file.stat()).size; end > 0; end -= PAGE_BYTES) {
      const start = Math.max(0, end - PAGE_BYTES);
      const { bytesRead } = await file.read(page, 0, end - start, start);
      if (page.subarray(0, bytesRead).some((byte) => byte !== 0)) return end;
    }
    return 0;
  } finally {
    await file.close();
  }
}
