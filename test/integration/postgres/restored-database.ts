import { join } from 'node:path';
import {
  compareInventories,
  type Comparison,
  type TableName,
} from '../../../src/model/compare-inventories.js';
import type { ServerConnection } from '../../../src/model/server-connection.js';
import { settingsOf } from '../../../src/postgres/database-settings.js';
import { createDatabase } from '../../../src/postgres/create-database.js';
import { applyPrivileges } from '../../../src/postgres/database-privileges.js';
import { dumpWithInventory, type DatabaseDump } from '../../../src/postgres/dump-with-inventory.js';
import { restoreArchive } from '../../../src/postgres/pg-restore.js';
import type { RestoreTarget } from '../../../src/postgres/restore-target.js';
import { takeInventory } from '../../../src/postgres/take-inventory.js';
import type { PostgresServer } from '../../../tools/servers/postgres.js';

export const signal = new AbortController().signal;
export const context = { signal, onProgress: () => undefined };

/** How our code reaches a server of the tests. */
export function connectionTo({ host, port, user, password }: PostgresServer): ServerConnection {
  return { name: 'prod', host, port, user, password, sslmode: 'disable' };
}

/** A restore of a database of that name, as the database's superuser. */
export function targetOn(server: PostgresServer, database: string, restoreId: string): RestoreTarget {
  return { server: connectionTo(server), maintenanceDatabase: 'postgres', database, restoreId };
}

/** Dumps a database as a backup does. The archive is in `<directory>/data`. */
export async function dump(
  server: PostgresServer,
  database: string,
  directory: string,
): Promise<DatabaseDump> {
  return dumpWithInventory(
    connectionTo(server),
    database,
    directory,
    {
      jobs: 2,
      lockWaitTimeoutSeconds: 60,
      excludeTables: [],
      excludeTableData: [],
      programDirectories: [server.binDirectory],
    },
    context,
  );
}

/**
 * Restores a dump, or some of its tables, into a new database as `restoreDatabase` does, and compares it with the dump.
 */
export async function restoreAndCompare(
  server: PostgresServer,
  dumped: DatabaseDump,
  target: RestoreTarget,
  directory: string,
  tables?: readonly TableName[],
): Promise<Comparison> {
  const options = { jobs: 2, programDirectories: [server.binDirectory] };
  const archive = join(directory, 'data');
  const settings = await settingsOf({}, archive);
  await createDatabase(target, { ...dumped.facts, settings }, signal);
  await restoreArchive(target, archive, { ...options, tables }, context);
  await applyPrivileges(target, dumped.facts, signal);
  const again = join(directory, 'again');
  const taken = await takeInventory(target.server, target.database, again, options, context, tables);
  return compareInventories(dumped.inventory, taken.inventory, taken);
}
