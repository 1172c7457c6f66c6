import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** flock's exit code for a lock that somebody else holds. */
const HELD_BY_ANOTHER = 1;

/** The directories that this process has locked. */
const held = new Set<string>();

/**
 * Makes this process the only one that works in a directory, until it ends: the kernel releases the lock with the
 * process, however that ends, and sees it from other containers on the machine as well, which process ids would not do.
 *
 * @returns `held` when another process has it, and what is wrong where it cannot be locked at all
 * @throws the system's error when the directory cannot be opened
 * @see https://man7.org/linux/man-pages/man1/flock.1.html
 */
export function lockDirectory(directory: string): 'locked' | 'held' | { fault: string } {
  if (held.has(directory)) return 'locked';
  // A plain descriptor, which no garbage collection closes, and of which no program that is started gets a copy.
  const descriptor = openSync(directory, 'r');
  // The lock belongs to the opened directory, not to the program that asks for it, and so stays when that has ended.
  const { status, stderr, error } = spawnSync('/usr/bin/flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    env: { LC_ALL: 'C' },
    encoding: 'utf8',
  });
  if (status === 0) {
    held.add(directory);
    return 'locked';
  }
  closeSync(descriptor);
  return status === HELD_BY_ANOTHER ? 'held' : { fault: error?.message ?? stderr.trim() };
}
