import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';

/** A program that a process has started, with one command line and one environment that it was seen with. */
export interface SeenProgram {
  program: string;
  commandLine: string;
  environment: string;
}

function read(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', '\n');
  } catch {
    return undefined; // it has ended
  }
}

const parentOf = (pid: string) => {
  const stat = read(pid, 'stat');
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
};

/**
 * Looks, as fast as it can, at every process below `root` and at `root` itself, until it is told to end.
 *
 * @returns a function that ends it and answers with everything that was seen
 */
export function watchDescendants(root: number): () => Promise<SeenProgram[]> {
  const isBelow = new Map([[String(root), true]]);
  const seen = new Map<string, SeenProgram>();
  let isEnded = false;

  const classify = (pid: string): boolean => {
    const known = isBelow.get(pid);
    if (known !== undefined) return known;
    const parent = parentOf(pid);
    const below = parent !== undefined && parent !== '0' && classify(parent);
    isBelow.set(pid, below);
    return below;
  };
  const look = () => {
    const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
    for (const pid of pids.filter(classify)) {
      const commandLine = read(pid, 'cmdline');
      const environment = read(pid, 'environ');
      if (!commandLine || environment === undefined) continue;
      // It has become another program in between: the next look sees that one.
      if (read(pid, 'cmdline') !== commandLine) continue;
      const program = basename(commandLine.split('\n')[0]!);
      seen.set([program, commandLine, environment].join('\n'), { program, commandLine, environment });
    }
    // The kernel gives the numbers of those that have ended to others.
    const running = new Set(pids);
    for (const pid of isBelow.keys()) if (!running.has(pid)) isBelow.delete(pid);
  };
  const watching = (async () => {
    while (!isEnded) {
      look();
      await setImmediate();
    }
  })();
  return async () => {
    isEnded = true;
    await watching;
    return [...seen.values()];
  };
}
