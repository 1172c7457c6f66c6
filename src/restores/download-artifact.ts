import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { damagedArtifact } from '../archive/damaged.js';
import { exists } from '../files/exists.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { Artifact } from '../model/manifest.js';
import type { Store, TransferOptions } from '../stores/store.js';

/** How much of what an earlier try left is read at once, in bytes. */
const READ_BYTES = 1 << 20;
/** How much of what the store sends is written at once, in bytes. */
const WRITE_BYTES = 1 << 18;

/**
 * Fetches an artifact into `file`, going on where an earlier try stopped. The file appears under its name only when it
 * is whole and has the SHA-256 of the manifest; one that is there already is the answer.
 *
 * Two tries at once (one that was given up and goes on all the same, and the one in its place) do no harm: both write the
 * same bytes to the same places.
 *
 * @param options - `onProgress` gets the bytes that are there, those of earlier tries included
 * @throws OperationError `ArtifactDamaged` when the store does not hold what the manifest says: it is missing, cut short
 * or another file. What was fetched of it is removed. Trying again is of no use.
 * @throws OperationError `StoreUnreachable` when less came than the store has: another try goes on from there
 */
export async function downloadArtifact(
  store: Store,
  artifact: Artifact,
  file: string,
  options: TransferOptions,
): Promise<void> {
  if (await exists(file)) return;
  await requireStored(store, artifact, options.signal);
  const partial = `${file}.partial`;
  try {
    const isBegun = await exists(partial);
    let isWhole = await fetchRest(store, artifact, partial, options);
    // What the earlier try left may be what is wrong: once more, from the start.
    if (!isWhole && isBegun) isWhole = await fetchRest(store, artifact, partial, options);
    if (!isWhole)
      throw damagedArtifact(artifact, `in store "${store.name}" has other content than was stored`);
    await rename(partial, file);
  } catch (error) {
    options.signal.throwIfAborted();
    // The other try was faster.
    if (await exists(file)) return;
    throw describeLocalError(error, file);
  }
}

async function requireStored(store: Store, artifact: Artifact, signal: AbortSignal): Promise<void> {
  const stored = await store.describe(artifact.key, signal);
  if (stored?.bytes === artifact.bytes) return;
  if (stored === undefined) throw damagedArtifact(artifact, `is missing from store "${store.name}"`);
  const fault = stored.bytes < artifact.bytes ? 'is cut short' : 'is another file';
  throw damagedArtifact(
    artifact,
    `in store "${store.name}" ${fault}: ${stored.bytes} bytes instead of ${artifact.bytes}`,
  );
}

/** Fetches what is not in `partial` yet. Answers whether it now has the right content, and removes it when not. */
async function fetchRest(
  store: Store,
  artifact: Artifact,
  partial: string,
  { signal, onProgress }: TransferOptions,
): Promise<boolean> {
  const handle = await open(partial, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const hash = createHash('sha256');
    let position = 0;
    const take = (piece: Buffer) => {
      hash.update(piece);
      position += piece.length;
      onProgress(Math.min(position, artifact.bytes));
    };
    for await (const piece of handle.createReadStream({
      autoClose: false,
      signal,
      highWaterMark: READ_BYTES,
    }))
      take(piece as Buffer);
    if (position < artifact.bytes) {
      const source: AsyncIterable<Buffer> = await store.openRead(artifact.key, signal, position);
      for await (const piece of joinPieces(source)) {
        signal.throwIfAborted();
        await writeFully(handle, piece, position);
        take(piece);
      }
    }
    if (position < artifact.bytes)
      throw new OperationError(
        'StoreUnreachable',
        `Store "${store.name}" sent ${position} of the ${artifact.bytes} bytes of ${artifact.key}; ${remedyFor('StoreUnreachable')}.`,
      );
    if (hash.digest('hex') === artifact.sha256) return true;
    await rm(partial, { force: true });
    return false;
  } finally {
    await handle.close();
  }
}

/** Joins what comes in small pieces to larger ones, the rest before a failure too: what each costs is its own write. */
async function* joinPieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  const join = () => {
    const joined = Buffer.concat(pieces, bytes);
    [pieces, bytes] = [[], 0];
    return joined;
  };
  try {
    for await (const piece of source) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= WRITE_BYTES) yield join();
    }
  } catch (error) {
    yield join();
    throw error;
  }
  yield join();
}

async function writeFully(handle: FileHandle, piece: Buffer, position: number): Promise<void> {
  for (let written = 0; written < piece.length;)
    written += (await handle.write(piece, written, piece.length - written, position + written)).bytesWritten;
}

/** A full disk as an operator knows it; other errors unchanged. */
function describeLocalError(error: unknown, file: string): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!['ENOSPC', 'EDQUOT'].includes(code)) return error;
  return new OperationError('StagingFull', `${file} finds no space (${code}); ${remedyFor('StagingFull')}.`, {
    cause: error,
  });
}
