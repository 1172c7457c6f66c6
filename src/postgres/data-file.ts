import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** What one table's data file of a directory-format dump holds. */
export interface DataFileSummary {
  rows: number;
  /** Bytes of COPY text, without the end marker that pg_dump adds. */
  bytes: number;
  /** SHA-256 of those bytes, lower-case hex. */
  sha256: string;
}

const NEWLINE = 0x0a;
/** The line that ends COPY data, with the two empty lines pg_dump writes behind it. */
export const END_MARKER = Buffer.from('\\.\n\n\n');

/** How much is read at once, in bytes. */
const READ_BYTES = 1 << 20;
/** How soon more is looked for at the end of a file that grows, in milliseconds. */
const POLL_INTERVAL = 50;

/**
 * Counts and hashes a table's data: one row is one line of COPY text, since line breaks in values are escaped.
 *
 * @param onBytes - called with the number of bytes of each piece that was read
 * @param isGrowing - whether somebody may still be writing the file. While it is so the end of the file is waited for,
 * and taken for the end of the data when it looks like it: a caller then has to compare the size of the whole file.
 * @throws Error when the file does not end in COPY's end marker, so is not whole
 * @see https://www.postgresql.org/docs/current/sql-copy.html (Text Format)
 */
export async function summarizeDataFile(
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
  isGrowing: () => boolean = () => false,
): Promise<DataFileSummary> {
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  // The marker may be spread over two pieces: what could be part of it is held back.
  let held = Buffer.alloc(0);
  const take = (data: Buffer) => {
    hash.update(data);
    bytes += data.length;
    for (let at = data.indexOf(NEWLINE); at !== -1; at = data.indexOf(NEWLINE, at + 1)) rows += 1;
  };
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const file = await open(path);
  try {
    for (;;) {
      signal.throwIfAborted();
      const mayGrow = isGrowing();
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) {
        if (!mayGrow || held.equals(END_MARKER)) break;
        await delay(POLL_INTERVAL, undefined, { signal });
        continue;
      }
      const data = buffer.subarray(0, bytesRead);
      onBytes(bytesRead);
      if (bytesRead >= END_MARKER.length) {
        take(held);
        take(data.subarray(0, -END_MARKER.length));
        held = Buffer.from(data.subarray(-END_MARKER.length));
      } else {
        const joined = Buffer.concat([held, data]);
        take(joined.subarray(0, Math.max(0, joined.length - END_MARKER.length)));
        held = joined.subarray(-END_MARKER.length);
      }
    }
  } finally {
    await file.close();
  }
  if (!held.equals(END_MARKER)) throw new Error(`${path} has no end-of-data marker`);
  return { rows, bytes, sha256: hash.digest('hex') };
}
