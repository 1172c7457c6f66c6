import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { runProgram, type Program, type ProgramContext } from '../programs/run-program.js';
import { libpqEnvironment } from './connection.js';

/** How often pg_receivewal tells the server how far it is, in seconds. */
const STATUS_INTERVAL = 1;

/** Why a server does not send what is asked for: it has removed it, or it never went that way. */
export type RefusedWal = 'removed' | 'forked';

const refusals: [RegExp, RefusedWal][] = [
  [/requested WAL segment \S+ has already been removed/, 'removed'],
  [/requested (?:starting point .*|timeline \d+) is not in this server's history/, 'forked'],
];

/**
 * Receives WAL into a directory until it is told to end, or the server goes away. It begins after the last segment that is
 * there, or in the one that is partly there; without any, at the server's present position.
 *
 * Without a slot, on purpose: pg_receivewal would acknowledge what is in the directory, and the server is to keep it until
 * it is in the store.
 *
 * @param applicationName - by which the server's statistics tell it from others
 * @returns why the server refuses to send the WAL that is asked for
 * @throws OperationError by what it says, when the server goes away too
 * @see https://www.postgresql.org/docs/current/app-pgreceivewal.html
 */
export async function receiveWal(
  server: ServerConnection,
  directory: string,
  options: { program: string; applicationName: string },
  context: ProgramContext,
): Promise<RefusedWal> {
  const environment = libpqEnvironment(server, '');
  delete environment.PGDATABASE;
  let refused: RefusedWal | undefined;
  const program: Program = {
    // The kernel ends it with this process: nobody else would.
    file: '/usr/bin/setpriv',
    args: [
      '--pdeathsig=KILL',
      options.program,
      `--directory=${directory}`,
      '--no-loop',
      '--no-password',
      `--status-interval=${STATUS_INTERVAL}`,
    ],
    environment: { ...environment, PGAPPNAME: options.applicationName },
    onSaid: (line) => {
      refused ??= refusals.find(([pattern]) => pattern.test(line))?.[1];
    },
  };
  try {
    await runProgram(program, context);
  } catch (error) {
    if (refused === undefined) throw error;
    return refused;
  }
  throw new OperationError(
    'ServerUnreachable',
    `Server ${server.name} ended the stream of its WAL; check that it runs.`,
  );
}
