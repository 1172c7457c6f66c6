import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../model/failures.js';

/** Debian's package for each program that is not PostgreSQL's own. */
const packages: Record<string, string> = { gpg: 'gnupg', 'gpg-connect-agent': 'gnupg' };

/** The first executable of that name in `directories`, or undefined. */
export async function findProgram(name: string, directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const file = join(directory, name);
    try {
      await access(file, constants.X_OK);
      if ((await stat(file)).isFile()) return file;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/**
 * Like {@link findProgram}, for a program that must be there.
 *
 * @throws OperationError `ProgramMissing` with the command that installs it
 */
export async function locateProgram(name: string, directories: readonly string[]): Promise<string> {
  const file = await findProgram(name, directories);
  if (file) return file;
  throw new OperationError(
    'ProgramMissing',
    `${name} is not installed on this worker; run: apt-get install ${packages[name] ?? name}.`,
  );
}
