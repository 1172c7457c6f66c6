import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OperationError, remedyFor } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { signalGroup, type ChildLedger } from '../programs/child-ledger.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { asOrdinaryUser } from './ordinary-user.js';

const PORT = 5432;
/** How often the server is looked at while it starts, in milliseconds. */
const POLL_INTERVAL = 20;

/** What running a server takes. */
export type ServeContext = ProgramContext & { ledger: ChildLedger };

/** A data directory, and how the server on it is to be run. */
export interface ServedCluster {
  dataDirectory: string;
  /** The role that its clients are. */
  user: string;
  /** Over whatever its own files say. */
  settings: Readonly<Record<string, string>>;
  /** Takes the server's log, line by line. */
  onLog?: (line: string) => void;
}

/**
 * Runs a PostgreSQL server while `use` works with it, as a child of the step like every other program. What is in its
 * databases stays in the data directory, for the next step or the next attempt at this one.
 *
 * Its settings must keep it off the network and its socket in the data directory, see `scratchSettings`. The path of a
 * socket has 107 bytes at most, whatever that of the directory has, so its clients reach it through a handle that this
 * process holds.
 *
 * @param binDirectory - where its programs are, see {@link locateServerPrograms}
 * @param use - called when it serves; its signal is aborted when the server ends by itself as well
 * @throws OperationError `ProgramFailed` when the server does not start, or ends by itself
 */
export async function serveCluster<T>(
  cluster: ServedCluster,
  binDirectory: string,
  context: ServeContext,
  use: (server: ServerConnection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const handle = await open(cluster.dataDirectory);
  const server = startServer(cluster, binDirectory, context);
  try {
    await server.ready();
    const host = `/proc/${process.pid}/fd/${handle.fd}`;
    const connection = { name: 'scratch', host, port: PORT, user: cluster.user, sslmode: 'disable' } as const;
    return await use(connection, server.lost);
  } catch (error) {
    // What its clients say of its end matters less than the reason.
    context.signal.throwIfAborted();
    server.lost.throwIfAborted();
    throw error;
  } finally {
    await server.stop();
    await handle.close();
  }
}

function startServer(
  { dataDirectory, settings, onLog }: ServedCluster,
  binDirectory: string,
  context: ServeContext,
) {
  const lost = new AbortController();
  let pid: number | undefined;
  // At once and with all its processes: asked as other programs are, it would wait for its clients to leave.
  const end = () => void (pid !== undefined && signalGroup(pid, 'SIGQUIT'));
  context.signal.addEventListener('abort', end, { once: true });
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const ended = runProgram(
    {
      ...asOrdinaryUser(join(binDirectory, 'postgres'), ['-D', dataDirectory, ...options]),
      ...(onLog && { onSaid: onLog }),
    },
    {
      ...context,
      onStart: (started) => {
        pid = started;
      },
    },
  )
    .then(() => {
      lost.abort(
        new OperationError('ProgramFailed', `The scratch server was stopped; ${remedyFor('ProgramFailed')}.`),
      );
    })
    .catch((error: unknown) => {
      lost.abort(error);
    });
  return {
    lost: lost.signal,
    async ready() {
      while (!(await isServing(dataDirectory, pid))) {
        lost.signal.throwIfAborted();
        await delay(POLL_INTERVAL);
      }
    },
    async stop() {
      // "Fast" shutdown: everything is written, nobody is waited for.
      if (pid !== undefined && !lost.signal.aborted) signalGroup(pid, 'SIGINT');
      await ended;
      context.signal.removeEventListener('abort', end);
    },
  };
}

/**
 * Whether the server serves, as it notes in the last line of its lock file.
 *
 * @see https://www.postgresql.org/docs/current/storage-file-layout.html (`postmaster.pid`)
 */
async function isServing(dataDirectory: string, pid: number | undefined): Promise<boolean> {
  const lines = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}
