import { OperationError } from '../model/failures.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** pg_verifybackup of some builds of PostgreSQL 18 crashes on any backup. */
const CRASHED = /was ended by SIG(SEGV|ABRT|BUS)/;

/**
 * Compares every file of an unpacked base backup with the backup's own manifest: its size and checksum, and that none is
 * missing or too many.
 *
 * @param program - pg_verifybackup of the server's major version
 * @returns whether it was compared: where the program itself crashes it was not
 * @throws OperationError `ArtifactDamaged` naming the first file that is not what it was
 * @see https://www.postgresql.org/docs/current/app-pgverifybackup.html
 */
export async function verifyBaseBackup(
  program: string,
  dataDirectory: string,
  context: ProgramContext,
): Promise<boolean> {
  try {
    await runProgram({ file: program, args: ['--no-parse-wal', '--quiet', dataDirectory] }, context);
    return true;
  } catch (error) {
    if (!(error instanceof OperationError) || error.type !== 'ProgramFailed') throw error;
    if (CRASHED.test(error.message)) return false;
    throw new OperationError(
      'ArtifactDamaged',
      `The base backup is not what it was when it was made (${error.message.replace(/; .*$/, '')}); recover from another base backup or another store.`,
      { cause: error },
    );
  }
}
