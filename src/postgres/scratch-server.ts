import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OperationError, remedyFor } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { signalGroup, type ChildLedger } from '../programs/child-ledger.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { scratchSettings } from './scratch-settings.js';

/** A name that no role of a real server is likely to have. */
const SUPERUSER = 'temponest_scratch';
const PORT = 5432;
/** PostgreSQL refuses to run as root; its packages make this user for it. */
const ORDINARY_USER = 'postgres';
/** How often the server is looked at while it starts, in milliseconds. */
const POLL_INTERVAL = 20;

type ScratchContext = ProgramContext & { ledger: ChildLedger };

/**
 * Runs a PostgreSQL server while `use` works with it, as a child of the step like every other program. What is in its
 * databases stays in `directory`, for the next step or the next attempt at this one.
 *
 * Nobody else can reach it: no TCP, and its socket lies in the data directory, which is private. The path of a socket has
 * 107 bytes at most, whatever that of the directory has, so its clients reach it through a handle that this process holds.
 *
 * @param binDirectory - where its programs are, see {@link locateServerPrograms}
 * @param use - its signal is aborted when the server ends by itself as well
 * @throws OperationError `ProgramFailed` when the server does not start, or ends by itself
 */
export async function withScratchServer<T>(
  directory: string,
  binDirectory: string,
  context: ScratchContext,
  use: (server: ServerConnection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const dataDirectory = await makeCluster(directory, binDirectory, context);
  const handle = await open(dataDirectory);
  const server = startServer(dataDirectory, binDirectory, context);
  try {
    await server.ready();
    const host = `/proc/${process.pid}/fd/${handle.fd}`;
    return await use({ name: 'scratch', host, port: PORT, user: SUPERUSER, sslmode: 'disable' }, server.lost);
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

/** Makes the data directory, unless an earlier step has. */
async function makeCluster(
  directory: string,
  binDirectory: string,
  context: ScratchContext,
): Promise<string> {
  const dataDirectory = join(directory, 'data');
  const isThere = await access(dataDirectory).then(
    () => true,
    () => false,
  );
  if (isThere) return dataDirectory;
  const partial = `${dataDirectory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  if (isRoot()) await runProgram({ file: '/bin/chown', args: [`${ORDINARY_USER}:`, partial] }, context);
  const initdb = ['--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'];
  await runProgram(
    asOrdinaryUser(join(binDirectory, 'initdb'), [
      `--pgdata=${partial}`,
      `--username=${SUPERUSER}`,
      ...initdb,
    ]),
    context,
  );
  await rename(partial, dataDirectory);
  return dataDirectory;
}

function startServer(dataDirectory: string, binDirectory: string, context: ScratchContext) {
  const lost = new AbortController();
  let pid: number | undefined;
  // At once and with all its processes: asked as other programs are, it would wait for its clients to leave.
  const end = () => void (pid !== undefined && signalGroup(pid, 'SIGQUIT'));
  context.signal.addEventListener('abort', end, { once: true });
  const settings = Object.entries(scratchSettings()).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const ended = runProgram(
    asOrdinaryUser(join(binDirectory, 'postgres'), ['-D', dataDirectory, ...settings]),
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

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * One of the server's programs, run by an ordinary user even where this process is root's: then with root's right to find
 * the data directory, whoever owns the directories above it. Should this process be killed, the kernel ends the server
 * (its own processes, which have process groups of their own, with it).
 *
 * @see https://www.postgresql.org/docs/current/server-shutdown.html
 */
function asOrdinaryUser(file: string, args: string[]) {
  const identity = [`--reuid=${ORDINARY_USER}`, `--regid=${ORDINARY_USER}`, '--init-groups'];
  const rights = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return {
    file: '/usr/bin/setpriv',
    args: ['--pdeathsig=QUIT', ...(isRoot() ? [...identity, ...rights] : []), file, ...args],
  };
}
