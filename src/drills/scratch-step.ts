import type { ServerConnection } from '../model/server-connection.js';
import { withScratchServer } from '../postgres/scratch-server.js';
import type { ChildLedger } from '../programs/child-ledger.js';
import type { ProgramContext } from '../programs/run-program.js';

/** Where a drill's scratch server is, and what its rungs work with. */
export interface Scratch {
  /** Its directory in the drill's staging; the rungs of one drill share it, so they climb one after the other. */
  directory: string;
  /** Where `initdb` and `postgres` are. */
  binDirectory: string;
  programDirectories: readonly string[];
  /** Workers of pg_restore, pg_dump and pg_amcheck. */
  jobs: number;
}

/** What one attempt at a rung has. */
export type RungContext = ProgramContext & { ledger: ChildLedger; onProgress: (bytes: number) => void };

/** What a rung that ended well answers; one that did not throws, see `judgeFailure`. */
export interface RungAnswer {
  outcome: 'passed' | 'notChecked';
  said: string[];
}

/** Not `postgres`, which a drill may be about to restore. */
export const MAINTENANCE_DATABASE = 'template1';

/** Runs `climb` on the scratch server, which serves for that long only. */
export async function onScratchServer<T>(
  { directory, binDirectory }: Scratch,
  context: RungContext,
  climb: (server: ServerConnection, context: RungContext) => Promise<T>,
): Promise<T> {
  return withScratchServer(directory, binDirectory, context, (server, signal) =>
    climb(server, { ...context, signal }),
  );
}
