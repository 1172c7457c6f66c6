import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { lockDirectory } from '../../files/lock-directory.js';
import { OperationError } from '../../model/failures.js';

/**
 * Lends `use` the directory that was named, or a temporary one that is removed at the end.
 *
 * @throws OperationError `AlreadyRunning` when another rescue works in the one that was named
 */
export async function withWorkDirectory<T>(
  named: string | undefined,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  if (named !== undefined) {
    const directory = resolve(named);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    requireAlone(directory);
    return use(directory);
  }
  const directory = await mkdtemp(join(tmpdir(), 'temponest-rescue-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Two rescues in one directory would end each other's programs and remove each other's files. */
function requireAlone(directory: string): void {
  const outcome = lockDirectory(directory);
  if (outcome === 'locked') return;
  throw new OperationError(
    'AlreadyRunning',
    outcome === 'held'
      ? `Another rescue works in ${directory}; wait for it, or name another directory with --directory.`
      : `The directory ${directory} cannot be locked (${outcome.fault}); install util-linux, or name one on a local disk with --directory.`,
  );
}
