import { lockDirectory } from '../files/lock-directory.js';
import { OperationError } from '../model/failures.js';

/**
 * Makes this process the only one that works on a staging volume, until it ends.
 *
 * @throws OperationError `InvalidConfiguration` when another process has it; the system's error when the directory cannot
 * be opened
 */
export function lockVolume(directory: string): void {
  const outcome = lockDirectory(directory);
  if (outcome === 'locked') return;
  throw new OperationError(
    'InvalidConfiguration',
    outcome === 'held'
      ? `The staging directory ${directory} is used by another worker; stop that one, or give each a staging.directory of its own.`
      : `The staging directory ${directory} cannot be locked (${outcome.fault}); install util-linux, and set staging.directory to a directory on a local disk.`,
  );
}
