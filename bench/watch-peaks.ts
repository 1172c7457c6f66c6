import { setTimeout as delay } from 'node:timers/promises';
import { measureDirectory } from '../src/files/measure-directory.js';
import { readMemoryOfDescendants } from './process-memory.js';

const INTERVAL_MS = 100;

/** The most that was seen during a piece of work, in bytes. */
export interface Peaks {
  /** Memory of all programs that the worker started, together. */
  programBytes: number;
  /** All files on the staging volume. */
  stagingBytes: number;
}

/** Does a piece of work and looks ten times a second at what it takes. */
export async function watchPeaks<T>(
  { workerPid, stagingDirectory }: { workerPid: number; stagingDirectory: string },
  work: () => Promise<T>,
): Promise<{ result: T; peaks: Peaks }> {
  const peaks: Peaks = { programBytes: 0, stagingBytes: 0 };
  const finished = new AbortController();
  const watching = (async () => {
    while (!finished.signal.aborted) {
      peaks.programBytes = Math.max(peaks.programBytes, await readMemoryOfDescendants(workerPid));
      peaks.stagingBytes = Math.max(peaks.stagingBytes, await measureDirectory(stagingDirectory));
      await delay(INTERVAL_MS);
    }
  })();
  try {
    return { result: await work(), peaks };
  } finally {
    finished.abort();
    await watching;
  }
}
