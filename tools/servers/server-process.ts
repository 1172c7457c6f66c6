import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How one server's process is run. */
export interface ServerProcessOptions {
  /** What people call the server, for error messages. */
  name: string;
  command: string;
  args: readonly string[];
  /** Nothing is inherited but PATH, so that the developer's own settings do not reach the server; HOME is `directory`. */
  env?: Readonly<Record<string, string>>;
  /** The server's own directory; its output is appended to `log` in it. */
  directory: string;
  /** The operating system's user to run as; only root can ask for another one. */
  user?: string | undefined;
  /** Asks the server to end properly. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Ends it as a crash would. Default SIGKILL. */
  crashSignal?: NodeJS.Signals;
  /** What the server gets from the kernel when this process dies without ending it. Default KILL. */
  orphanSignal?: 'KILL' | 'QUIT';
  /** A real request; it throws, or answers false, until the server serves. */
  isReady: () => Promise<boolean>;
  /** Seconds until a start counts as failed. Default 60. */
  readySeconds?: number;
}

/** A server that can be ended in both ways and started again on the same port and data. */
export interface ServerProcess {
  /** Its process id; undefined when it does not run. */
  readonly pid: number | undefined;
  /** Starts it and waits until it serves. */
  start(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Ends it properly; after 20 seconds, at once. */
  end(): Promise<void>;
}

/** Prepares a server's process; nothing runs before `start()`. */
export function prepareServerProcess(options: ServerProcessOptions): ServerProcess {
  let child: ChildProcess | undefined;

  const signal = (name: NodeJS.Signals, target: ChildProcess): void => {
    try {
      if (target.pid !== undefined) process.kill(-target.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };

  const end = async (first: NodeJS.Signals): Promise<void> => {
    const target = child;
    child = undefined;
    if (target?.pid === undefined || hasEnded(target)) return;
    const ended = once(target, 'exit');
    signal(first, target);
    const timer = setTimeout(() => {
      signal('SIGKILL', target);
    }, 20_000);
    await ended;
    clearTimeout(timer);
  };

  return {
    get pid() {
      return child?.pid;
    },
    async start() {
      if (child && !hasEnded(child)) throw new Error(`${options.name} is running already.`);
      child = launch(options);
      try {
        await waitUntilReady(options, child);
      } catch (error) {
        await end('SIGKILL');
        throw error;
      }
    },
    kill: () => end(options.crashSignal ?? 'SIGKILL'),
    end: () => end(options.stopSignal ?? 'SIGTERM'),
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function launch(options: ServerProcessOptions): ChildProcess {
  const [command, ...args] = wrapCommand(options);
  const log = openSync(join(options.directory, 'log'), 'a', 0o600);
  try {
    return spawn(command, args, {
      detached: true, // a process group of its own: Ctrl-C reaches this process only, which then ends its servers
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', TZ: 'UTC', HOME: options.directory, ...options.env },
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/** Linux ends the server even when this process is killed; see PR_SET_PDEATHSIG in prctl(2). */
function wrapCommand(options: ServerProcessOptions): [string, ...string[]] {
  const { user, command, args } = options;
  if (process.platform !== 'linux') return [command, ...args];
  return [
    'setpriv',
    ...(user ? [`--reuid=${user}`, `--regid=${user}`, '--init-groups'] : []),
    `--pdeathsig=${options.orphanSignal ?? 'KILL'}`,
    command,
    ...args,
  ];
}

async function waitUntilReady(options: ServerProcessOptions, child: ChildProcess): Promise<void> {
  const failure = { error: undefined as Error | undefined };
  child.once('error', (error) => (failure.error = error));
  const seconds = options.readySeconds ?? 60;
  const deadline = Date.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    if (failure.error) throw new Error(`${options.name} could not be run.`, { cause: failure.error });
    if (hasEnded(child)) {
      const status = child.signalCode ?? `exit code ${child.exitCode}`;
      throw new Error(
        `${options.name} ended while starting (${status}).${await readTail(options.directory)}`,
      );
    }
    try {
      if (await options.isReady()) return;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${options.name} did not serve within ${seconds} s.${await readTail(options.directory)}`,
        { cause: last },
      );
    }
    await delay(50);
  }
}

async function readTail(directory: string): Promise<string> {
  const lines = (await readFile(join(directory, 'log'), 'utf8').catch(() => '')).trimEnd().split('\n');
  return ` The end of its log:\n${lines
    .slice(-20)
    .map((line) => line.slice(0, 300))
    .join('\n')}`;
}
