import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramContext } from '../programs/run-program.js';
import type { ServerConnection } from '../model/server-connection.js';
import { locateClient } from './locate-client.js';
import { dumpGlobals } from './pg-dump.js';
import type { ServerFacts } from './server-facts.js';
import { withSnapshot } from './snapshot.js';

/** Everything that is known of a dump of the globals when it is made. */
export interface GlobalsDump {
  snapshotTime: string;
  snapshotLsn: string;
  server: ServerFacts;
  roles: string[];
  tablespaces: { name: string; location: string }[];
  bytes: number;
}

/** The file in the dump's directory. */
export const GLOBALS_FILE = 'globals.sql';

/**
 * Dumps roles, memberships and tablespaces of a server into `<directory>/globals.sql`.
 *
 * pg_dumpall takes no snapshot of another session, so a role created in the same moment may be missing from one of the
 * two lists; the roles named here are what a restore can rely on.
 *
 * @throws OperationError `PermissionDenied` for a role that may not read password hashes
 */
export async function dumpGlobalsWithFacts(
  server: ServerConnection,
  database: string,
  directory: string,
  programDirectories: readonly string[],
  context: ProgramContext,
): Promise<GlobalsDump> {
  const { signal } = context;
  return withSnapshot(server, database, signal, async (snapshot, client) => {
    const program = await locateClient('pg_dumpall', snapshot.server.major, programDirectories, signal);
    const roles = await client.query<{ name: string }>(
      `SELECT rolname AS name FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1`,
    );
    const tablespaces = await client.query<{ name: string; location: string }>(
      `SELECT spcname AS name, pg_tablespace_location(oid) AS location
         FROM pg_tablespace WHERE spcname !~ '^pg_' ORDER BY 1`,
    );
    const file = join(directory, GLOBALS_FILE);
    await dumpGlobals(server, database, file, program, context);
    return {
      snapshotTime: snapshot.time,
      snapshotLsn: snapshot.lsn,
      server: snapshot.server,
      roles: roles.rows.map(({ name }) => name),
      tablespaces: tablespaces.rows,
      bytes: (await stat(file)).size,
    };
  });
}
