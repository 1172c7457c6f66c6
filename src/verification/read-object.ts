import { createHash } from 'node:crypto';
import { OperationError } from '../model/failures.js';
import type { DamagedObject, ReadObject } from '../model/verification.js';
import { withoutRemedy } from '../model/without-remedy.js';
import type { Store, TransferOptions } from '../stores/store.js';

/** How often an object is read before it counts as one that cannot be read. */
const ATTEMPTS = 3;

/** What an object should be. */
export interface Expectation {
  key: string;
  bytes: number;
  /** Left out where nobody noted it when it was stored. */
  sha256?: string;
  /** What it was when it was read before. */
  before?: ReadObject | undefined;
}

/** What came of reading an object: `gone` when there is none any more, which is for others to judge. */
export type Reading =
  | { outcome: 'read'; sha256: string }
  | { outcome: 'gone' }
  | ({ outcome: 'damaged' } & Pick<DamagedObject, 'severity' | 'fault'>);

/**
 * Reads an object whole and compares it with what it should be.
 *
 * @throws OperationError when the store itself cannot be used
 */
export async function readObject(
  store: Store,
  expected: Expectation,
  options: TransferOptions,
): Promise<Reading> {
  for (let attempt = 1; ; attempt++)
    try {
      return compare(await digestObject(store, expected.key, options), expected);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof OperationError)) throw error;
      if (error.type === 'StoreNotFound' && !(await store.describe(expected.key, options.signal)))
        return { outcome: 'gone' };
      if (attempt < ATTEMPTS) continue;
      // When the store is well, it is the object that cannot be read: a bad sector, or an archive class.
      await store.check(options.signal);
      return {
        outcome: 'damaged',
        severity: error.type === 'StoreDenied' ? 'warning' : 'critical',
        fault: `cannot be read: ${withoutRemedy(error.message)}`,
      };
    }
}

function compare(found: { bytes: number; sha256: string }, expected: Expectation): Reading {
  const damaged = (fault: string): Reading => ({ outcome: 'damaged', severity: 'critical', fault });
  if (found.bytes !== expected.bytes) return damaged(`has ${found.bytes} bytes instead of ${expected.bytes}`);
  if (expected.sha256 !== undefined && found.sha256 !== expected.sha256)
    return damaged('does not have the SHA-256 it was made with');
  const { before } = expected;
  if (before?.sha256 !== undefined && before.sha256 !== found.sha256)
    return damaged(`has changed since it was read on ${before.at.slice(0, 10)}`);
  return { outcome: 'read', sha256: found.sha256 };
}

async function digestObject(
  store: Store,
  key: string,
  { signal, onProgress }: TransferOptions,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of (await store.openRead(key, signal)) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
    onProgress(bytes);
  }
  return { bytes, sha256: hash.digest('hex') };
}
