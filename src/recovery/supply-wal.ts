import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { giveToOrdinaryUser } from '../postgres/ordinary-user.js';
import type { ProgramContext } from '../programs/run-program.js';

/** Segments fetched before they are asked for, and kept after that: replay goes back a little now and then. */
const AHEAD = 16;
const BEHIND = 4;
/** What its directory's name begins with. */
const PREFIX = 'wal-';
/** How often it is looked which one was asked for last, in milliseconds. */
const INTERVAL = 20;
/** Fetched at once: while some come over the network, others are decrypted. */
const CONCURRENCY = 2 * availableParallelism();

/** What PostgreSQL can be given. */
export interface SuppliedWal {
  /** Names of the segments that replay may ask for, in their order. */
  segments: readonly string[];
  /** Names of the history files, all of which it may ask for first. */
  histories: readonly string[];
  /** Makes one of these files, whole or not at all. */
  fetch: (name: string, file: string, signal: AbortSignal) => Promise<void>;
}

/**
 * What `restore_command` runs, with the data directory as its working directory: it only copies. PostgreSQL takes its exit
 * code 1 for the end of the archive and goes on without the file, so that is said of files that were never archived, and
 * of no other; 255 ends the recovery.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RESTORE-COMMAND
 */
const SCRIPT = `# $1: the file that is asked for; $2: where PostgreSQL wants it
wal=\${0%/*}
grep -qxF "$1" "$wal/expected" || exit 1
echo "$1" > "$wal/asked" || exit 255
until [ -e "$wal/ready/$1" ]; do
  [ -e "$wal/expected" ] && [ ! -e "$wal/failed" ] || exit 255
  sleep 0.02
done
cp "$wal/ready/$1" "$2" || exit 255
`;

/**
 * Supplies a recovering server with WAL while `use` runs: a window of segments is fetched ahead of the one that the server
 * asked for last, several at once, and removed behind it. The disk holds no more than that, however long the log is.
 *
 * @param parent - the directory in which the data directory is; what an earlier, killed try has left there is removed
 * @param use - gets the value of `restore_command`; its signal is aborted when a file could not be fetched
 * @throws what `fetch` throws, as soon as it does
 */
export async function withWalSupply<T>(
  parent: string,
  wal: SuppliedWal,
  context: ProgramContext,
  use: (restoreCommand: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (const name of await readdir(parent))
    if (name.startsWith(PREFIX)) await rm(join(parent, name), { recursive: true, force: true });
  // Of its own name: a try that was given up, and is not yet over, removes its own.
  const directory = await mkdtemp(join(parent, PREFIX));
  await mkdir(join(directory, 'ready'), { mode: 0o700 });
  await writeFile(join(directory, 'restore.sh'), SCRIPT, { mode: 0o600 });
  await writeFile(
    join(directory, 'expected'),
    [...wal.segments, ...wal.histories].map((name) => `${name}\n`).join(''),
  );
  await giveToOrdinaryUser(directory, context);

  const failure = new AbortController();
  const end = new AbortController();
  const signal = AbortSignal.any([context.signal, failure.signal]);
  const supplying = supply(directory, wal, AbortSignal.any([signal, end.signal])).catch(
    async (error: unknown) => {
      if (end.signal.aborted || context.signal.aborted) return;
      // The server first: it may be waiting for this very file.
      await writeFile(join(directory, 'failed'), '');
      failure.abort(error);
    },
  );
  try {
    // Relative: a path may hold anything, and a percent sign means something to PostgreSQL.
    return await use(`sh ../${basename(directory)}/restore.sh "%f" "%p"`, signal);
  } catch (error) {
    context.signal.throwIfAborted();
    failure.signal.throwIfAborted();
    throw error;
  } finally {
    end.abort();
    await supplying;
    await rm(directory, { recursive: true, force: true });
  }
}

async function supply(directory: string, wal: SuppliedWal, signal: AbortSignal): Promise<void> {
  const readyFile = (name: string) => join(directory, 'ready', name);
  for (const name of wal.histories) await wal.fetch(name, readyFile(name), signal);
  const positions = new Map(wal.segments.map((name, index) => [name, index]));
  const fetching = new Map<string, Promise<void>>();
  let failed: { error: unknown } | undefined;
  const begin = (name: string) => {
    const work = wal.fetch(name, readyFile(name), signal).then(
      () => void fetching.delete(name),
      (error: unknown) => {
        failed ??= { error };
      },
    );
    fetching.set(name, work);
  };

  let position = 0;
  try {
    while (!signal.aborted && !failed) {
      // Half of a name, when it is just being written, is none of them.
      const asked = await readFile(join(directory, 'asked'), 'utf8').catch(() => '');
      position = positions.get(asked.trim()) ?? position;
      const wanted = wal.segments.slice(Math.max(0, position - BEHIND), position + AHEAD);
      const ready = new Set(await readdir(join(directory, 'ready')));
      for (const name of ready)
        if (positions.has(name) && !wanted.includes(name)) await rm(readyFile(name), { force: true });
      // The one that is asked for comes before those behind it, which are hardly ever asked for again.
      const ahead = wal.segments.slice(position, position + AHEAD);
      const next = ahead.filter((name) => !ready.has(name) && !fetching.has(name));
      while (fetching.size < CONCURRENCY && next.length > 0) begin(next.shift()!);
      await Promise.race([
        delay(INTERVAL, undefined, { signal }).catch(() => undefined),
        ...fetching.values(),
      ]);
    }
  } finally {
    await Promise.all(fetching.values());
  }
  if (failed) throw failed.error;
}
