import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes the directory of one server, named after it, readable by its owner only. */
export async function makeServerDirectory(name: string, parent = tmpdir()): Promise<string> {
  return await mkdtemp(join(parent, `temponest-${name}-`));
}

/** What every server here has: an end that may be asked for twice, and `await using`. */
export interface Stoppable extends AsyncDisposable {
  /** Ends the processes and removes the directories. */
  stop(): Promise<void>;
}

/** A server that a test may crash, and start again with the same address and data. */
export interface Restartable {
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again and waits until it serves. */
  start(): Promise<void>;
}

/** Makes `stop` from what ends the processes and the directory to remove; the second call waits for the first. */
export function makeStop(end: () => Promise<void>, directory: string): Stoppable {
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= end().finally(() => rm(directory, { recursive: true, force: true }));
    return stopping;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** Starts a server; one that fails to start has ended, and its directory is gone, before this throws. */
export async function startOrStop(start: () => Promise<unknown>, server: Stoppable): Promise<void> {
  try {
    await start();
  } catch (error) {
    await server.stop();
    throw error;
  }
}
