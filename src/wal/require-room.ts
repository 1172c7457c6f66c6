import { statfs } from 'node:fs/promises';
import { OperationError } from '../model/failures.js';
import type { Spool } from './spool.js';

/** Segments for which there must be room on the volume, so that WAL that cannot be shipped leaves some to backups. */
const SEGMENTS_LEFT = 16n;

/**
 * Makes sure that receiving more WAL does not fill the staging volume, on which backups are made as well.
 *
 * @throws OperationError `StagingFull`: the server keeps what is not received
 */
export async function requireRoom({ directory, segmentBytes }: Spool): Promise<void> {
  const { bavail, bsize } = await statfs(directory, { bigint: true });
  const needed = SEGMENTS_LEFT * BigInt(segmentBytes);
  if (bavail * bsize >= needed) return;
  throw new OperationError(
    'StagingFull',
    `Less than ${needed / 1024n ** 2n} MiB are left on the staging volume, so no more WAL is received and the server keeps it; free space there, or see why WAL is not shipped.`,
  );
}
