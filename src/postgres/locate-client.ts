import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperationError } from '../model/failures.js';
import { findProgram } from '../programs/locate-program.js';
import { runProgram } from '../programs/run-program.js';

const INITDB = 'initdb';

/** Where distributions put the programs of one major version, beside what the configuration names. */
function versionedDirectories(major: number): string[] {
  return [`/usr/lib/postgresql/${major}/bin`, `/usr/pgsql-${major}/bin`, `/usr/local/pgsql-${major}/bin`];
}

/**
 * Finds one of PostgreSQL's client programs of exactly the server's major version. A newer one would make an archive
 * that does not restore cleanly into the server it came from, an older one refuses to dump at all.
 *
 * @param directories - where to look beside the distribution's versioned directories, first match wins
 * @throws OperationError `ProgramMissing` with the command that installs it
 * @see https://www.postgresql.org/docs/current/app-pgdump.html (Notes)
 */
export async function locateClient(
  program: string,
  major: number,
  directories: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const others: string[] = [];
  for (const directory of [...directories, ...versionedDirectories(major)]) {
    const file = await findProgram(program, [directory]);
    if (!file) continue;
    const version = await runProgram({ file, args: ['--version'] }, { signal });
    const found = /\b(\d+)(?:\.\d+|devel|beta\d|rc\d)/.exec(version)?.[1];
    if (Number(found) === major) return file;
    others.push(`${file} is ${found}`);
  }
  const seen = others.length > 0 ? ` (${others.join(', ')})` : '';
  throw new OperationError(
    'ProgramMissing',
    `${program} of PostgreSQL ${major}, the server's version, is not installed on this worker${seen}; ` +
      `run: apt-get install ${program === INITDB ? 'postgresql' : 'postgresql-client'}-${major}, or set programDirectories in backups.yaml.`,
  );
}

/**
 * The directory of the programs of a PostgreSQL server, `initdb` and `postgres`, of one major version.
 *
 * @throws OperationError `ProgramMissing` with the command that installs them
 */
export async function locateServerPrograms(
  major: number,
  directories: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  // The others are beside it, and not where somebody has put a link to it.
  return dirname(await realpath(await locateClient(INITDB, major, directories, signal)));
}
