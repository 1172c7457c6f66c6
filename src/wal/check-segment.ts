import { open } from 'node:fs/promises';
import { OperationError } from '../model/failures.js';
import { parseSegmentName } from '../model/wal-segment.js';

/** Bytes of the header that begins every segment (`XLogLongPageHeaderData`). */
const HEADER_BYTES = 40;
/** Says that the header is the long one (`XLP_LONG_HEADER`). */
const LONG_HEADER = 2;

/** The cluster whose WAL is archived, as its segments name it. */
export interface SegmentOrigin {
  systemIdentifier: string;
  segmentBytes: number;
}

/**
 * Reads from a segment which cluster wrote it; undefined for a file that is no segment.
 *
 * @see https://doxygen.postgresql.org/xlog__internal_8h_source.html (`XLogLongPageHeaderData`)
 */
export async function readSegmentOrigin(
  path: string,
): Promise<(SegmentOrigin & { start: bigint }) | undefined> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    if (bytesRead < HEADER_BYTES || (header.readUInt16LE(2) & LONG_HEADER) === 0) return undefined;
    return {
      start: header.readBigUInt64LE(8),
      systemIdentifier: header.readBigUInt64LE(24).toString(),
      segmentBytes: header.readUInt32LE(32),
    };
  } finally {
    await file.close();
  }
}

/**
 * Proves that a file is the segment that its name says, of this cluster, and whole. What it holds between its beginning
 * and its end has checksums of its own, which replay checks.
 *
 * @param bytes - size of the file
 * @throws OperationError `ArtifactDamaged` when it is truncated, another segment, or of another server
 */
export async function checkSegment(
  path: string,
  name: string,
  bytes: number,
  expected: SegmentOrigin,
): Promise<void> {
  const origin = await readSegmentOrigin(path);
  const fault =
    bytes !== expected.segmentBytes
      ? `has ${bytes} bytes instead of ${expected.segmentBytes}`
      : !origin
        ? 'does not begin as a segment does'
        : origin.systemIdentifier !== expected.systemIdentifier
          ? `is of the server with system identifier ${origin.systemIdentifier}, not ${expected.systemIdentifier}`
          : origin.start !== parseSegmentName(name, expected.segmentBytes)!.start
            ? 'holds another segment'
            : undefined;
  if (fault !== undefined)
    throw new OperationError(
      'ArtifactDamaged',
      `WAL segment ${name} ${fault}; check the disk, and which servers write to ${path}.`,
    );
}
