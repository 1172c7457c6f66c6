import { constants, open, type FileHandle } from 'node:fs/promises';
import { readFully } from './source.js';

/** Bytes written between two calls of fdatasync: bounds what a crash loses, and how long the last call takes. */
const SYNC_BYTES = 16 * 1024 ** 2;

/**
 * Writes `pieces` to the file `path`, makes them durable, and cuts off whatever else the file held. What an earlier,
 * interrupted call left in it is compared and not written again. A file that two calls write the same content to is
 * right at every moment for the bytes both have passed: nothing is truncated first.
 *
 * @param onProgress - gets the number of bytes that are durable
 */
export async function writePartial(
  path: string,
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  onProgress: (bytesDone: number) => void,
): Promise<void> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    let position = 0;
    let synced = 0;
    for await (const piece of pieces) {
      if (!(await holds(handle, piece, position))) await writeFully(handle, piece, position);
      position += piece.length;
      if (position - synced < SYNC_BYTES) continue;
      await handle.datasync();
      synced = position;
      onProgress(synced);
    }
    await handle.truncate(position);
    await handle.sync();
    onProgress(position);
  } finally {
    await handle.close();
  }
}

async function holds(handle: FileHandle, piece: Buffer, position: number): Promise<boolean> {
  const { size } = await handle.stat();
  if (size < position + piece.length) return false;
  return piece.equals(await readFully(handle, Buffer.allocUnsafe(piece.length), position));
}

async function writeFully(handle: FileHandle, piece: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < piece.length)
    written += (await handle.write(piece, written, piece.length - written, position + written)).bytesWritten;
}
