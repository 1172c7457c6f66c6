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

/** Drops a database; refused by PostgreSQL while anybody is connected to it. */
export async function dropDatabase(
  target: AdministeredServer,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  await administer(target, signal, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)}`),
  );
}
