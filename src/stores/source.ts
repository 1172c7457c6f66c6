import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { OperationError, remedyFor } from '../model/failures.js';
import type { Source, SourceFile, SourceObject } from './store.js';
import { damagedObject } from './stored-content.js';

/** A source that is read forwards. */
interface OpenSource {
  /** Fills `buffer` with what comes next; answers with the part of it that was filled before the end. */
  fill: (buffer: Buffer) => Promise<Buffer>;
  close: () => Promise<void>;
}

/**
 * Reads what is to be stored from its start, in pieces that fill the buffers `nextBuffer` gives (the last piece may be
 * shorter), and hashes it on the way.
 *
 * @throws OperationError `ArtifactDamaged`, before the first piece when a file is gone or has another size, after the
 * last one when its digest is another than `source.sha256`
 * @throws OperationError `StoreUnreachable` when less came than the store has
 */
export async function* readSource(
  source: Source,
  nextBuffer: () => Buffer | Promise<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const opened = await openSource(source, 0, signal);
  try {
    const hash = createHash('sha256');
    let position = 0;
    while (position < source.bytes) {
      const buffer = await nextBuffer();
      signal.throwIfAborted();
      const piece = await opened.fill(buffer);
      if (piece.length === 0) break;
      hash.update(piece);
      yield piece;
      position += piece.length;
    }
    if ('store' in source && position < source.bytes) throw brokenOff(source, position);
    if (hash.digest('hex') !== source.sha256)
      throw damagedSource(source, 'does not have the SHA-256 it was made with');
  } finally {
    await opened.close();
  }
}

/** The `bytes` from `position` on, or as many as the source has there. */
export async function readRange(
  source: Source,
  position: number,
  bytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const opened = await openSource(source, position, signal);
  try {
    return await opened.fill(Buffer.allocUnsafeSlow(bytes));
  } finally {
    await opened.close();
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

function openSource(source: Source, start: number, signal: AbortSignal): Promise<OpenSource> {
  return 'store' in source ? openObject(source, start, signal) : openFile(source, start);
}

async function openFile(file: SourceFile, start: number): Promise<OpenSource> {
  const handle = await open(file.path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw damagedSource(file, `cannot be read (${cause.code ?? cause.message})`, cause);
  });
  const { size } = await handle.stat();
  if (size !== file.bytes) {
    await handle.close();
    throw damagedSource(file, `has ${size} bytes instead of ${file.bytes}`);
  }
  let position = start;
  return {
    fill: async (buffer) => {
      const piece = await readFully(handle, buffer, position);
      position += piece.length;
      return piece;
    },
    close: () => handle.close(),
  };
}

async function openObject(
  { store, key }: SourceObject,
  start: number,
  signal: AbortSignal,
): Promise<OpenSource> {
  const stream = await store.openRead(key, signal, start);
  // What fails before it is read, is told by reading.
  stream.on('error', () => undefined);
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  return {
    fill: async (buffer) => {
      let filled = 0;
      while (filled < buffer.length) {
        if (rest.length === 0) {
          const next = await pieces.next();
          if (next.done) break;
          rest = next.value;
        }
        const copied = rest.copy(buffer, filled);
        rest = rest.subarray(copied);
        filled += copied;
      }
      return buffer.subarray(0, filled);
    },
    close: () => {
      stream.destroy();
      return Promise.resolve();
    },
  };
}

function brokenOff({ store, key, bytes }: SourceObject, position: number): OperationError {
  return new OperationError(
    'StoreUnreachable',
    `Store "${store.name}" sent ${position} of the ${bytes} bytes of ${key}; ${remedyFor('StoreUnreachable')}.`,
  );
}

function damagedSource(source: Source, fault: string, cause?: unknown): OperationError {
  if ('store' in source) return damagedObject(source.store, source.key, fault);
  return new OperationError('ArtifactDamaged', `${source.path} ${fault}; ${remedyFor('ArtifactDamaged')}.`, {
    cause,
  });
}
