import { escapeIdentifier, type Client } from 'pg';
import { administer, type AdministeredServer } from './administer.js';
import { withConnection } from './connection.js';
import { findUnfinished } from './restore-target.js';

/**
 * Drops what a restore has made and not completed, ending whoever is connected to it. Only a database that carries the
 * restore's own mark is dropped, whatever its name; when there is none, nothing is done.
 *
 * @returns the names of what was dropped
 * @throws OperationError by SQLSTATE
 */
export async function dropUnfinished(
  target: AdministeredServer & { restoreId: string },
  signal: AbortSignal,
): Promise<string[]> {
  return administer(target, signal, async (client) => {
    const unfinished = await findUnfinished(client, target.restoreId);
    for (const database of unfinished) {
      await dropSubscriptions(target, client, database, signal);
      await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`);
    }
    return unfinished;
  });
}

/**
 * A database with subscriptions is not dropped, and a subscription that knows its slot drops it on the publisher, where
 * it is the live database's: a restored one must forget it first.
 *
 * @see https://www.postgresql.org/docs/current/sql-dropsubscription.html
 */
async function dropSubscriptions(
  { server }: AdministeredServer,
  client: Client,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT subname AS name FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = $1`,
    [database],
  );
  if (rows.length === 0) return;
  await withConnection(server, database, signal, async (inside) => {
    for (const { name } of rows) {
      const subscription = escapeIdentifier(name);
      await inside.query(`ALTER SUBSCRIPTION ${subscription} DISABLE`);
      await inside.query(`ALTER SUBSCRIPTION ${subscription} SET (slot_name = NONE)`);
      await inside.query(`DROP SUBSCRIPTION ${subscription}`);
    }
  });
}
