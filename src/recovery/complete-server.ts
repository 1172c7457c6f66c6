import type { CarriedDatabase } from '../model/recovery.js';
import { administer, inTransaction, type AdministeredServer } from '../postgres/administer.js';
import { readDatabaseSizes } from '../postgres/database-sizes.js';
import { dropUnfinished } from '../postgres/drop-database.js';
import { dropEmptyDatabase } from '../postgres/empty-database.js';
import { completeStatement } from '../postgres/restore-target.js';
import { swapDatabases } from '../postgres/swap-databases.js';
import { completeRoles, dropUnfinishedRoles } from '../postgres/unfinished-roles.js';
import { MAINTENANCE_DATABASE } from './recovered-cluster.js';

/** A server that is being filled, and what names the run that does. */
export type FilledServer = AdministeredServer & { restoreId: string };

/** Names the restore of one of its databases. */
export const restoreOfServer = (restoreId: string, ofServer: number) => `${restoreId}/${ofServer}`;

/**
 * Declares a server complete that was filled: all databases and roles in one transaction, after those databases that every
 * new server has, empty, have got their places. Called again when it is done, it does nothing.
 *
 * @returns how many roles were made
 */
export async function completeServer(
  { restoreId, ...target }: FilledServer,
  databases: readonly CarriedDatabase[],
  signal: AbortSignal,
): Promise<number> {
  // The database to which one is connected has no other name.
  const aside = { ...target, maintenanceDatabase: MAINTENANCE_DATABASE };
  for (const { database, made, becomes, ofServer } of databases) {
    if (becomes === undefined || !(await readDatabaseSizes(aside, [made], signal)).has(made)) continue;
    const swap = { live: database, replacement: made, becomes };
    await swapDatabases({ ...aside, restoreId: restoreOfServer(restoreId, ofServer) }, swap, signal);
  }
  const roles = await administer(target, signal, (client) =>
    inTransaction(client, async () => {
      for (const { made, ofServer } of databases) {
        const restore = { database: made, restoreId: restoreOfServer(restoreId, ofServer) };
        const complete = await completeStatement(client, restore);
        if (complete) await client.query(complete);
      }
      return completeRoles(client, restoreId);
    }),
  );
  for (const { becomes } of databases)
    if (becomes !== undefined && (await readDatabaseSizes(aside, [becomes], signal)).has(becomes))
      await dropEmptyDatabase(aside, becomes, signal);
  return roles;
}

/** Removes what was made of a server and is not complete: databases, then the roles that they belong to. */
export async function discardServer(
  { restoreId, ...target }: FilledServer,
  databases: number,
  signal: AbortSignal,
): Promise<void> {
  for (let ofServer = 0; ofServer < databases; ofServer += 1)
    await dropUnfinished({ ...target, restoreId: restoreOfServer(restoreId, ofServer) }, signal);
  await administer(target, signal, (client) => dropUnfinishedRoles(client, restoreId));
}
