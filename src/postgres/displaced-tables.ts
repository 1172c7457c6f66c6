import type { Client } from 'pg';

/** Tables that are no longer what the client's snapshot shows, by oid. */
export interface DisplacedTables {
  /** Rewritten by TRUNCATE, ALTER TABLE …, CLUSTER or VACUUM FULL: the first two leave nothing that the snapshot sees. */
  rewritten: ReadonlySet<number>;
  /** Dropped, renamed, or moved to another schema: their names may be another table's by now. */
  renamed: ReadonlySet<number>;
}

/**
 * Compares the catalogue as the client's snapshot shows it with what is there now.
 *
 * pg_dump waits for the lock of each table after its snapshot was taken, names the tables by their names, and does not
 * look back. A table that somebody truncated, rewrote or replaced in the meantime is empty for that snapshot, and would
 * be dumped so, without an error. Once pg_dump has its locks, nobody can do that to a table any more until it ends.
 *
 * @param client - in the snapshot's transaction, with an empty search_path, so that names print qualified
 * @see https://www.postgresql.org/docs/current/mvcc-caveats.html
 */
export async function findDisplacedTables(client: Client): Promise<DisplacedTables> {
  // pg_class is read at the snapshot; what these two functions and regclass say is of now.
  const { rows } = await client.query<{ oid: number; renamed: boolean }>(
    `SELECT c.oid::int8::float8 AS oid, c.oid::regclass::text <> format('%I.%I', n.nspname, c.relname) AS renamed
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'pg_catalog'
        AND (c.oid::regclass::text <> format('%I.%I', n.nspname, c.relname)
             OR pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode)`,
  );
  const oidsOf = (renamed: boolean) =>
    new Set(rows.filter((row) => row.renamed === renamed).map(({ oid }) => oid));
  return { rewritten: oidsOf(false), renamed: oidsOf(true) };
}
