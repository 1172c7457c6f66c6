import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { OperationError } from '../model/failures.js';
import type { Store, StoreReceipt, TransferOptions } from './store.js';

/** Reads an object back whole; answers with how it differs from its receipt, or undefined when it does not. */
export async function findDifference(
  store: Pick<Store, 'openRead'>,
  key: string,
  receipt: StoreReceipt,
  { signal, onProgress }: TransferOptions,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of (await store.openRead(key, signal)) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
    onProgress(bytes);
  }
  if (bytes !== receipt.bytes) return `has ${bytes} bytes instead of ${receipt.bytes}`;
  return hash.digest('hex') === receipt.sha256 ? undefined : 'does not have the SHA-256 it was made with';
}

/** The error for an object that is not what was stored. */
export function damagedObject(store: Pick<Store, 'name'>, key: string, fault: string): OperationError {
  return new OperationError(
    'ArtifactDamaged',
    `${key} in store "${store.name}" ${fault}; restore it from a copy of the store, or make a new backup.`,
  );
}

/** The error for a key that holds something else than what was to be stored there. */
export function conflictingObject(store: Pick<Store, 'name'>, key: string): OperationError {
  return new OperationError(
    'StoreConflict',
    `${key} in store "${store.name}" already holds something else, and nothing in a store is overwritten; ` +
      'find out who wrote it, and remove it if it is not needed.',
  );
}

/** `source`, whose errors come out translated, and as the signal's own reason once that is aborted. */
export function translateErrors(
  source: Readable,
  signal: AbortSignal,
  translate: (error: unknown) => Error,
): Readable {
  const output = new PassThrough();
  const abort = (): void => void source.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  source.once('error', (error) =>
    output.destroy(signal.aborted ? (signal.reason as Error) : translate(error)),
  );
  output.once('close', () => {
    signal.removeEventListener('abort', abort);
    source.destroy();
  });
  return source.pipe(output);
}
