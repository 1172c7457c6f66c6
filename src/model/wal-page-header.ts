import type { Lsn } from './wal-segment.js';

/** What the first page of a segment says of it. */
export interface WalPageHeader {
  /** Where the segment begins. */
  start: Lsn;
  systemIdentifier: string;
}

/** Bytes of it that are needed. */
export const WAL_HEADER_BYTES = 32;

/**
 * Reads the header of a segment's first page (`XLogLongPageHeaderData`): magic and flags, timeline, page address at byte 8,
 * system identifier at byte 24; in the order of the machine's bytes, which is little-endian wherever this runs.
 *
 * @see https://github.com/postgres/postgres/blob/master/src/include/access/xlog_internal.h
 */
export function readWalPageHeader(bytes: Uint8Array): WalPageHeader | undefined {
  if (bytes.length < WAL_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, WAL_HEADER_BYTES);
  return {
    start: view.getBigUint64(8, true),
    systemIdentifier: view.getBigUint64(24, true).toString(),
  };
}
