import { OperationError } from '../model/failures.js';

/** What a document says, or why it cannot be read. */
export type Read<T> = { facts: T } | { fault: string };

/** Documents of a store that never change, each read once. */
export interface DocumentMemory<T> {
  /** What the document says. One that cannot be read is read again next time: somebody may have put it right. */
  recall(key: string, signal: AbortSignal): Promise<Read<T>>;
  /** Forgets all others: they are gone, or nobody asks for them any more. */
  keepOnly(keys: ReadonlySet<string>): void;
}

/**
 * Makes a memory that holds nothing yet.
 *
 * @param read - reads a document and takes out what is worth keeping; throws `ManifestUnreadable` for one that can't be
 * understood
 */
export function rememberDocuments<T>(
  read: (key: string, signal: AbortSignal) => Promise<T>,
): DocumentMemory<T> {
  const known = new Map<string, T>();
  return {
    async recall(key, signal) {
      const remembered = known.get(key);
      if (remembered !== undefined) return { facts: remembered };
      try {
        const facts = await read(key, signal);
        known.set(key, facts);
        return { facts };
      } catch (error) {
        if (error instanceof OperationError && error.type === 'ManifestUnreadable')
          return { fault: error.message };
        throw error;
      }
    },
    keepOnly(keys) {
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    },
  };
}
