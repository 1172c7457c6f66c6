import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from './connection.js';
import { listDatabases, namesToBackUp } from './server-facts.js';

/**
 * The databases of a server that are backed up: those that backups.yaml lists or, where it lists none, all that the
 * server has.
 *
 * @param connect - resolves how to reach the server; called only when it has to be asked
 */
export async function configuredDatabases(
  server: { databases?: readonly { name: string }[] | undefined; maintenanceDatabase: string },
  connect: () => Promise<ServerConnection>,
  signal: AbortSignal,
): Promise<string[]> {
  if (server.databases) return server.databases.map(({ name }) => name);
  const databases = await withConnection(await connect(), server.maintenanceDatabase, signal, listDatabases);
  return namesToBackUp(databases);
}
