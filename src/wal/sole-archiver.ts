import type { Spool } from './spool.js';

/** The archivers that this process runs, by the directories of their spools. */
const running = new Map<string, Promise<unknown>>();

/** Whether an archiver works on the spool. */
export function isArchiving({ directory }: Spool): boolean {
  return running.has(directory);
}

/**
 * Works on a spool alone: an attempt that Temporal has given up may go on for some seconds beside the next one. No other
 * process works on it, because none shares a staging volume.
 */
export async function asSoleArchiver<T>(
  { directory }: Spool,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const other = running.get(directory);
    if (!other) break;
    await other.catch(() => undefined);
    signal.throwIfAborted();
  }
  const working = work();
  running.set(directory, working);
  try {
    return await working;
  } finally {
    running.delete(directory);
  }
}
