import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { OperationError, remedyFor } from '../model/failures.js';
import type { SourceFile } from './store.js';

/**
 * Reads a file that is to be stored from its start, in pieces that fill the buffers `nextBuffer` gives (the last piece
 * may be shorter), and hashes it on the way.
 *
 * @throws OperationError `ArtifactDamaged`, before the first piece when the file is gone or has another size, after
 * the last one when its digest is another than `file.sha256`
 */
export async function* readSourceFile(
  file: SourceFile,
  nextBuffer: () => Buffer | Promise<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const handle = await openSourceFile(file);
  try {
    const hash = createHash('sha256');
    for (let position = 0; position < file.bytes;) {
      const buffer = await nextBuffer();
      signal.throwIfAborted();
      const piece = await readFully(handle, buffer, position);
      if (piece.length === 0) break;
      hash.update(piece);
      yield piece;
      position += piece.length;
    }
    if (hash.digest('hex') !== file.sha256)
      throw damagedFile(file, 'no longer has the SHA-256 it was made with');
  } finally {
    await handle.close();
  }
}

/** The `bytes` from `position` on, or as many as the file has there. */
export async function readRange(file: SourceFile, position: number, bytes: number): Promise<Buffer> {
  const handle = await openSourceFile(file);
  try {
    return await readFully(handle, Buffer.allocUnsafeSlow(bytes), position);
  } finally {
    await handle.close();
  }
}

/** Fills `buffer` from `position` on; answers with the part of it that was filled before the end of the file. */
export async function readFully(handle: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function openSourceFile(file: SourceFile): Promise<FileHandle> {
  const handle = await open(file.path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw damagedFile(file, `cannot be read (${cause.code ?? cause.message})`, cause);
  });
  const { size } = await handle.stat();
  if (size === file.bytes) return handle;
  await handle.close();
  throw damagedFile(file, `has ${size} bytes instead of ${file.bytes}`);
}

function damagedFile(file: SourceFile, fault: string, cause?: unknown): OperationError {
  return new OperationError('ArtifactDamaged', `${file.path} ${fault}; ${remedyFor('ArtifactDamaged')}.`, {
    cause,
  });
}
