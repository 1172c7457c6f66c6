import { afterAll, beforeAll } from 'vitest';

/**
 * Starts something before the tests of a file and ends it after them: what was started last ends first.
 *
 * @returns how the tests get it
 */
export function shareInFile<T extends AsyncDisposable>(start: () => Promise<T>): () => T {
  let shared: T | undefined;
  beforeAll(async () => {
    shared = await start();
  });
  afterAll(async () => shared?.[Symbol.asyncDispose]());
  return () => shared!;
}
