import type { Client } from 'pg';
import type { RearrangedTables, TableName } from '../model/compare-inventories.js';

/**
 * The tables of the connected database whose rows or columns a restore arranges anew.
 *
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/bin/pg_dump/pg_dump.c (getPartitioningInfo)
 */
export async function readRearrangedTables(client: Client): Promise<RearrangedTables> {
  const partitions = await client.query<RearrangedTables['partitions'][number]>(
    `WITH RECURSIVE below (root, oid) AS (
       SELECT partrelid, partrelid FROM pg_partitioned_table
        WHERE (SELECT c.oid FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod
                WHERE opcname = 'enum_ops' AND opcnamespace = 'pg_catalog'::regnamespace AND amname = 'hash')
              = ANY(partclass)
       UNION ALL SELECT root, inhrelid FROM below JOIN pg_inherits ON inhparent = below.oid)
     SELECT jsonb_build_object('schema', rn.nspname, 'name', r.relname) AS root,
            jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.relname)) AS leaves
       FROM below JOIN pg_class c ON c.oid = below.oid AND c.relkind = 'r'
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_class r ON r.oid = root JOIN pg_namespace rn ON rn.oid = r.relnamespace
      GROUP BY 1 ORDER BY 1`,
  );
  const inheriting = await client.query<{ schema: string; name: string }>(
    `SELECT DISTINCT nspname AS schema, relname AS name
       FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relkind = 'r' AND NOT relispartition ORDER BY 1, 2`,
  );
  return { partitions: partitions.rows, inheriting: inheriting.rows };
}

/** The given tables of the connected database, with its leaf partitions in the place of what is partitioned. */
export async function readLeaves(client: Client, tables: readonly TableName[]): Promise<TableName[]> {
  const { rows } = await client.query<TableName>(
    `WITH RECURSIVE tree (oid) AS (
       SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         JOIN jsonb_to_recordset($1) AS wanted (schema text, name text) ON schema = nspname AND name = relname
       UNION SELECT inhrelid FROM tree JOIN pg_inherits ON inhparent = tree.oid JOIN pg_class c ON c.oid = inhrelid
              WHERE relispartition)
     SELECT nspname AS schema, relname AS name FROM tree JOIN pg_class c ON c.oid = tree.oid
       JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' ORDER BY 1, 2`,
    [JSON.stringify(tables)],
  );
  return rows;
}
