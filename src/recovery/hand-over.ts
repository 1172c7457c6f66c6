import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { exists } from '../files/exists.js';
import { hasCode } from '../files/has-code.js';
import { syncDirectory } from '../files/sync-directory.js';
import { OperationError } from '../model/failures.js';
import { asOrdinaryUser, ORDINARY_USER } from '../postgres/ordinary-user.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { locateRecovery, restoreOwnSettings, type RecoveredCluster } from './recovered-cluster.js';

/** What is handed over. */
export interface HandedOver {
  directory: string;
  /** The user that its files belong to. */
  owner: string;
}

/**
 * Refuses a place where something is, and where nothing can be renamed to.
 *
 * @throws OperationError `TargetExists`, `InvalidArgument`
 */
export async function requireFreeDirectory(directory: string): Promise<void> {
  const entries = await readdir(directory).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ENOTDIR')) return ['a file'];
    throw error;
  });
  if (entries === undefined) return;
  if (entries.length > 0)
    throw new OperationError(
      'TargetExists',
      `${directory} is not empty, and a server is never recovered over anything; name an empty directory, or one that is not there.`,
    );
  if ((await stat(directory)).dev !== (await stat(dirname(directory))).dev)
    throw new OperationError(
      'InvalidArgument',
      `${directory} is a volume of its own, which cannot be put in place as a whole; name a directory in it, e.g. ${join(directory, 'data')}.`,
    );
}

/**
 * Puts a recovered data directory where a server is to be started on it: with the configuration files that it had when it
 * was backed up, on disk, and under its name only when it is whole.
 *
 * @throws OperationError as {@link requireFreeDirectory}; `StagingFull` when another volume has no room for it
 */
export async function handOver(
  { directory, binDirectory }: RecoveredCluster,
  into: string,
  context: ProgramContext,
): Promise<HandedOver> {
  const { dataDirectory } = locateRecovery(directory);
  const owner = process.getuid?.() === 0 ? ORDINARY_USER : userInfo().username;
  // An earlier try was ended after the rename.
  if (!(await exists(dataDirectory)) && (await exists(join(into, 'PG_VERSION'))))
    return { directory: into, owner };
  await requireFreeDirectory(into);
  await restoreOwnSettings(directory);
  // It names our own directories.
  await rm(join(dataDirectory, 'postmaster.opts'), { force: true });
  await mkdir(dirname(into), { recursive: true });
  const sync = (path: string) => syncCluster(path, binDirectory, context);
  await sync(dataDirectory);
  await rename(dataDirectory, into).catch(async (error: unknown) => {
    if (!hasCode(error, 'EXDEV')) throw error;
    const partial = join(dirname(into), `.${basename(into)}.partial`);
    try {
      await rm(partial, { recursive: true, force: true });
      const args = ['--archive', '--sparse=auto', '--', dataDirectory, partial];
      await runProgram({ file: '/bin/cp', args }, context);
      await sync(partial);
      await rename(partial, into);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  });
  await syncDirectory(dirname(into));
  return { directory: into, owner };
}

/** @see https://www.postgresql.org/docs/current/app-initdb.html (`--sync-only`) */
async function syncCluster(path: string, binDirectory: string, context: ProgramContext): Promise<void> {
  const args = ['--sync-only', `--pgdata=${path}`];
  await runProgram(asOrdinaryUser(join(binDirectory, 'initdb'), args), context);
}
