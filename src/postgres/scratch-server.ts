import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../files/exists.js';
import type { ServerConnection } from '../model/server-connection.js';
import { runProgram } from '../programs/run-program.js';
import { asOrdinaryUser, giveToOrdinaryUser } from './ordinary-user.js';
import { scratchSettings } from './scratch-settings.js';
import { serveCluster, type ServeContext } from './serve-cluster.js';

/** A name that no role of a real server is likely to have. */
const SUPERUSER = 'temponest_scratch';

/**
 * Runs a PostgreSQL server of the step's own, see {@link serveCluster}, on a data directory that is made the first time.
 * Nobody else can reach it: no TCP, and its socket lies in the data directory, which is private.
 *
 * @param directory - where its data directory is
 * @param binDirectory - where its programs are, see {@link locateServerPrograms}
 * @param use - its signal is aborted when the server ends by itself as well
 * @throws OperationError `ProgramFailed` when the server does not start, or ends by itself
 */
export async function withScratchServer<T>(
  directory: string,
  binDirectory: string,
  context: ServeContext,
  use: (server: ServerConnection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const dataDirectory = await makeCluster(directory, binDirectory, context);
  const cluster = { dataDirectory, user: SUPERUSER, settings: scratchSettings() };
  return serveCluster(cluster, binDirectory, context, use);
}

/** Makes the data directory, unless an earlier step has. */
async function makeCluster(directory: string, binDirectory: string, context: ServeContext): Promise<string> {
  const dataDirectory = join(directory, 'data');
  if (await exists(dataDirectory)) return dataDirectory;
  const partial = `${dataDirectory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  await giveToOrdinaryUser(partial, context);
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
