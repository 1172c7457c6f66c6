import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from './wait-until.js';

const project = join(import.meta.dirname, '..', '..');

/** A worker process of the built code. */
export interface WorkerProcess {
  /** Where `/metrics`, `/health` and `/ready` answer. */
  readonly port: number;
  /** The process id; fails when it does not run. */
  readonly pid: number;
  /** Starts it, and waits until `/ready` says yes. */
  start(): Promise<void>;
  /** Sends a signal and waits for the end of the process (of the worker only: not of what it started). */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it the way a supervisor does, with SIGTERM; nothing when it does not run. */
  stop(): Promise<void>;
  /** Everything that it and its predecessors have written to standard output and error. */
  log(): Promise<string>;
}

/** How the process is started. */
export interface WorkerProcessOptions {
  configurationFile: string;
  /** The whole environment. */
  environment: Record<string, string>;
  /** Where its log goes. */
  directory: string;
  /** Where `/ready` answers; the configuration says the same. */
  port: number;
  /** Default: all. */
  roles?: string;
  /** Don't wait for `/ready`, only until it listens: for a server or store that is down at the start. */
  waitFor?: '/ready' | '/health';
}

/** Prepares a worker's process; nothing runs before `start()`. */
export function prepareWorker(options: WorkerProcessOptions): WorkerProcess {
  const { configurationFile, environment, directory, port } = options;
  const logFile = join(directory, 'worker.log');
  const readLog = () => readFile(logFile, 'utf8').catch(() => '');
  let child: ChildProcess | undefined;
  const isRunning = (candidate: ChildProcess | undefined): candidate is ChildProcess =>
    candidate?.exitCode === null && candidate.signalCode === null;

  async function kill(signal: NodeJS.Signals): Promise<void> {
    if (!isRunning(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  return {
    port,
    get pid() {
      if (!isRunning(child)) throw new Error('The worker does not run.');
      return child.pid!;
    },
    async start() {
      if (isRunning(child)) throw new Error('The worker runs already.');
      const log = openSync(logFile, 'a', 0o600);
      const command = [process.execPath, 'dist/client/main.js', 'worker', '--config', configurationFile];
      if (options.roles !== undefined) command.push('--roles', options.roles);
      // The kernel ends the worker when the tests' own process dies without having done so.
      const started = spawn('setpriv', ['--pdeathsig=KILL', ...command], {
        cwd: project,
        env: environment,
        // A group of its own, as under a supervisor: Ctrl-C in the terminal ends the test, which ends the worker.
        detached: true,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      child = started;
      await waitUntil('the worker is ready', async () => {
        if (!isRunning(started)) throw new Error(`The worker ended while starting:\n${await readLog()}`);
        const address = `http://127.0.0.1:${port}${options.waitFor ?? '/ready'}`;
        return await fetch(address).then(
          ({ ok }) => ok,
          () => false,
        );
      });
    },
    kill,
    stop: () => kill('SIGTERM'),
    log: readLog,
  };
}
