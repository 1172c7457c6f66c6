import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { END_MARKER, summarizeDataFile, type DataFileSummary } from './data-file.js';

/** Files followed at once; pg_dump writes as many as it has jobs. */
const CONCURRENCY = 2;
/** How soon the next file is looked for, in milliseconds. */
const POLL_INTERVAL = 50;

/** Summaries of data files, by the name of the file. */
export type DataFileSummaries = ReadonlyMap<string, DataFileSummary>;

/**
 * Runs `dump` and meanwhile counts and hashes the data files that it writes. Most of the time of a dump goes by in one
 * session of the server, and a core is there for this.
 *
 * What has not been read when the dump ends is not in the answer, apart from the files that are being followed.
 *
 * @param archive - the directory that is written; it need not exist yet
 * @param onBytes - called with the number of bytes of each piece that was read
 */
export async function summarizeWhileDumped<T>(
  archive: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
  dump: () => Promise<T>,
): Promise<{ result: T; summaries: DataFileSummaries }> {
  const summaries = new Map<string, DataFileSummary>();
  const seen = new Set<string>();
  const waiting: string[] = [];
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  let isDumping = true;

  async function findNext(): Promise<string | undefined> {
    if (waiting.length === 0) {
      const files = await readdir(archive).catch(() => []);
      const added = files.filter((file) => /^\d+\.dat$/.test(file) && !seen.has(file));
      for (const file of added) seen.add(file);
      waiting.push(...added);
    }
    return waiting.shift();
  }
  async function follow(): Promise<void> {
    while (isDumping) {
      const file = await findNext();
      if (file === undefined) await delay(POLL_INTERVAL, undefined, { signal: either });
      else
        await summarizeDataFile(join(archive, file), either, onBytes, () => isDumping).then(
          (summary) => void summaries.set(file, summary),
          // It is read again when the dump is there, and complained of then.
          () => undefined,
        );
    }
  }

  const following = Promise.allSettled(Array.from({ length: CONCURRENCY }, follow));
  try {
    const result = await dump();
    isDumping = false;
    await following;
    for (const [file, { bytes }] of summaries) {
      const whole = await stat(join(archive, file)).catch(() => undefined);
      if (whole?.size !== bytes + END_MARKER.length) summaries.delete(file);
    }
    return { result, summaries };
  } catch (error) {
    isDumping = false;
    failure.abort();
    await following;
    throw error;
  }
}
