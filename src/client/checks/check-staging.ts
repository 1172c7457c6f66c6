import { access, constants, statfs } from 'node:fs/promises';
import { OperationError } from '../../model/failures.js';
import { formatBytes } from '../output.js';
import { ok, type Check } from './check.js';

/** The volume on which artifacts are made. Nothing is written: this user need not be the worker's. */
export function checkStaging(directory: string): Check {
  return {
    name: 'staging',
    run: async () => {
      await access(directory, constants.W_OK | constants.X_OK).catch((cause: NodeJS.ErrnoException) => {
        throw new OperationError(
          'InvalidConfiguration',
          `${directory} does not exist or cannot be written by this user (${cause.code}); create it, or set staging.directory.`,
          { cause },
        );
      });
      const { bavail, bsize } = await statfs(directory);
      return ok(`${directory}, ${formatBytes(bavail * bsize)} free`);
    },
  };
}
