import type { DatabaseFacts } from '../postgres/database-facts.js';
import { readDatabaseFacts } from '../postgres/database-facts.js';
import { withConnection } from '../postgres/connection.js';
import { dumpGlobalsWithFacts } from '../postgres/dump-globals.js';
import type { ServeContext } from '../postgres/serve-cluster.js';
import { listDatabases, namesToBackUp } from '../postgres/server-facts.js';
import { MAINTENANCE_DATABASE, serveRecovered, type RecoveredCluster } from './recovered-cluster.js';

/** What a recovered server holds. */
export interface RecoveredOutline {
  roles: string[];
  /** All but the templates and what a restore had not completed at that moment. */
  databases: { database: string; facts: DatabaseFacts }[];
}

/**
 * Looks at a recovered server before it is carried into another one, and dumps its globals into `<directory>/globals.sql`.
 *
 * @throws OperationError as each of the programs
 */
export async function outlineServer(
  cluster: RecoveredCluster,
  directory: string,
  programDirectories: readonly string[],
  context: ServeContext,
): Promise<RecoveredOutline> {
  return serveRecovered(cluster, {}, context, async (server, signal) => {
    const inner = { ...context, signal };
    const { roles } = await dumpGlobalsWithFacts(
      server,
      MAINTENANCE_DATABASE,
      directory,
      programDirectories,
      inner,
    );
    const names = await withConnection(server, MAINTENANCE_DATABASE, signal, async (client) =>
      namesToBackUp(await listDatabases(client)),
    );
    const databases = [];
    for (const database of names)
      databases.push({
        database,
        facts: await withConnection(server, database, signal, readDatabaseFacts),
      });
    return { roles, databases };
  });
}
