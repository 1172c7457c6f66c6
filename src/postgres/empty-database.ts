import { escapeIdentifier } from 'pg';
import { administer, type AdministeredServer } from './administer.js';
import { withConnection } from './connection.js';

/** What is there from the start has lower OIDs. See FirstNormalObjectId in PostgreSQL's `access/transam.h`. */
const FIRST_OBJECT = 16384;

/** Whether nobody has ever made anything in a database: no schema, table, type, function, extension or large object. */
export async function isEmptyDatabase(
  { server }: AdministeredServer,
  database: string,
  signal: AbortSignal,
): Promise<boolean> {
  const made = ['pg_namespace', 'pg_class', 'pg_type', 'pg_proc', 'pg_extension', 'pg_largeobject_metadata']
    .map((catalog) => `EXISTS (SELECT FROM ${catalog} WHERE oid >= ${FIRST_OBJECT})`)
    .join(' OR ');
  return withConnection(server, database, signal, async (client) => {
    const { rows } = await client.query<{ used: boolean }>(`SELECT ${made} AS used`);
    return !rows[0]!.used;
  });
}

/**
 * Drops a database that is still empty. One in which somebody has made something since it was looked at stays.
 *
 * @returns whether it is gone
 * @throws OperationError by SQLSTATE, while anybody is connected to it
 */
export async function dropEmptyDatabase(
  target: AdministeredServer,
  database: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await isEmptyDatabase(target, database, signal))) return false;
  await administer(target, signal, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)}`),
  );
  return true;
}
