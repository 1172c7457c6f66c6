import { resolveConnection } from '../config/connections.js';
import { resolveDatabase, resolveServer } from '../config/resolve.js';
import type { BackupDatabasesArgument } from '../model/arguments.js';
import type { BackupsPlan } from '../model/plan.js';
import { withConnection } from '../postgres/connection.js';
import { listDatabases, namesToBackUp, requireDatabase } from '../postgres/server-facts.js';
import { planReplicas, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/**
 * Decides which databases a run covers, the largest first: begun last, it alone would be in flight at the end.
 *
 * A configured database that the server does not have stays in the list, so that its own backup says so and the others
 * go on; one that was asked for by name and is not configured is refused at once.
 */
export async function planBackups(
  dependencies: Dependencies,
  argument: BackupDatabasesArgument,
): Promise<BackupsPlan> {
  const { configuration, environment, logger } = dependencies;
  return runStep(logger, {}, async ({ signal }) => {
    const server = resolveServer(configuration, argument.server);
    argument.databases?.forEach((name) => resolveDatabase(server, name));
    const connection = await resolveConnection(server, environment.passFile);
    const existing = await withConnection(connection, server.maintenanceDatabase, signal, listDatabases);
    const sizes = new Map(existing.map(({ database, bytes }) => [database, bytes]));
    if (!server.databases) argument.databases?.forEach((name) => requireDatabase(existing, name, server));
    const configured = server.databases?.map(({ name }) => name) ?? namesToBackUp(existing);
    const databases = [...new Set(argument.databases ?? configured)]
      .map((database) => ({ database, expectedBytes: sizes.get(database) ?? 0 }))
      .sort((a, b) => b.expectedBytes - a.expectedBytes);
    return {
      server: server.name,
      databases,
      includeGlobals: argument.databases === undefined && server.globals,
      concurrency: server.concurrency,
      ...planReplicas(dependencies),
    };
  });
}
