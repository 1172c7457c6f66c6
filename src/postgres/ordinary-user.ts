import { runProgram, type Program, type ProgramContext } from '../programs/run-program.js';

/** PostgreSQL refuses to run as root; its packages make this user for it. */
export const ORDINARY_USER = 'postgres';

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
export function asOrdinaryUser(file: string, args: string[]): Pick<Program, 'file' | 'args'> {
  const identity = [`--reuid=${ORDINARY_USER}`, `--regid=${ORDINARY_USER}`, '--init-groups'];
  const rights = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return {
    file: '/usr/bin/setpriv',
    args: ['--pdeathsig=QUIT', ...(isRoot() ? [...identity, ...rights] : []), file, ...args],
  };
}

/** Gives a directory and everything in it to the user as whom the server's programs run. */
export async function giveToOrdinaryUser(directory: string, context: ProgramContext): Promise<void> {
  if (!isRoot()) return;
  const args = ['--recursive', '--no-dereference', `${ORDINARY_USER}:`, directory];
  await runProgram({ file: '/bin/chown', args }, context);
}
