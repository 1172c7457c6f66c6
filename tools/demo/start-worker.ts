import { tmpdir } from 'node:os';
import { makeServerDirectory, makeStop, startOrStop, type Stoppable } from '../servers/server-directory.js';
import { prepareServerProcess } from '../servers/server-process.js';

/** A worker process. */
export interface WorkerProcess extends Stoppable {
  pid: number;
}

/**
 * Starts `temponest-backups worker` and waits until it reaches Temporal, PostgreSQL and the store.
 *
 * @param command the CLI's path, configured by its environment
 * @param port where the configuration has it listen
 */
export async function startWorker(command: string, port: number): Promise<WorkerProcess> {
  const directory = await makeServerDirectory('worker');
  const server = prepareServerProcess({
    name: 'The worker',
    command,
    args: ['worker'],
    env: { TMPDIR: tmpdir() },
    directory,
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok,
  });
  const stoppable = makeStop(() => server.end(), directory);
  await startOrStop(() => server.start(), stoppable);
  return { ...stoppable, pid: server.pid! };
}
