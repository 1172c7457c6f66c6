import type { Client } from 'pg';
import type { DatabaseSetting } from '../model/manifest.js';
import { readMentionedRoles } from './mentioned-roles.js';

/** What the manifest says of a database beside its data. */
export interface DatabaseFacts {
  encoding: string;
  collation: string;
  characterType: string;
  localeProvider: 'libc' | 'icu' | 'builtin';
  locale: string | null;
  icuRules: string | null;
  owner: string;
  /** Where the database is unless its objects say otherwise. */
  tablespace: string;
  /** All that it uses beside the server's own. */
  tablespaces: string[];
  comment: string | null;
  connectionLimit: number;
  privileges: string[] | null;
  extensions: { name: string; version: string; schema: string }[];
  roles: string[];
}

/** Reads the database's own properties, its extensions and the roles it mentions. */
export async function readDatabaseFacts(client: Client): Promise<DatabaseFacts> {
  // The column with the ICU or builtin locale was renamed in PostgreSQL 17, and is absent before 15.
  const database = await client.query<{
    encoding: string;
    collation: string;
    ctype: string;
    provider: string;
    locale: string | null;
    rules: string | null;
    owner: string;
    tablespace: string;
    comment: string | null;
    connlimit: number;
    privileges: string[] | null;
  }>(
    `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collation, datctype AS ctype,
            coalesce(to_jsonb(d)->>'datlocprovider', 'c') AS provider,
            coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') AS locale,
            to_jsonb(d)->>'daticurules' AS rules, pg_get_userbyid(datdba) AS owner, spcname AS tablespace,
            shobj_description(d.oid, 'pg_database') AS comment, datconnlimit AS connlimit, datacl::text[] AS privileges
       FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace WHERE datname = current_database()`,
  );
  const tablespaces = await client.query<{ name: string }>(
    `SELECT spcname AS name FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') AND oid IN (
       SELECT reltablespace FROM pg_class
       UNION SELECT dattablespace FROM pg_database WHERE datname = current_database()) ORDER BY 1`,
  );
  const extensions = await client.query<{ name: string; version: string; schema: string }>(
    `SELECT extname AS name, extversion AS version, nspname AS schema
       FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace ORDER BY extname`,
  );
  const [row] = database.rows;
  return {
    encoding: row!.encoding,
    collation: row!.collation,
    characterType: row!.ctype,
    localeProvider: row!.provider === 'i' ? 'icu' : row!.provider === 'b' ? 'builtin' : 'libc',
    locale: row!.locale,
    icuRules: row!.rules,
    owner: row!.owner,
    tablespace: row!.tablespace,
    tablespaces: tablespaces.rows.map(({ name }) => name),
    comment: row!.comment,
    connectionLimit: row!.connlimit,
    privileges: row!.privileges,
    extensions: extensions.rows,
    roles: await readMentionedRoles(client),
  };
}

/**
 * Reads what `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET` have set.
 *
 * @see https://www.postgresql.org/docs/current/catalog-pg-db-role-setting.html
 */
export async function readDatabaseSettings(client: Client): Promise<DatabaseSetting[]> {
  const { rows } = await client.query<DatabaseSetting>(
    `SELECT nullif(setrole, 0)::regrole::text AS role, unnest(setconfig) AS setting
       FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
      ORDER BY 1 NULLS FIRST, 2`,
  );
  return rows;
}

/** A table or sequence by its oid, which is how the archive's table of contents names it unambiguously. */
export interface RelationName {
  oid: number;
  schema: string;
  name: string;
}

/** A table that has data. */
export interface ExpectedTable extends RelationName {
  /**
   * pg_dump leaves its data out by itself: that of an unlogged table of a standby, which has the definition only, and that
   * of a table that belongs to an extension, unless the extension has declared it to be the user's.
   */
  mayLackData: boolean;
}

/**
 * Every table that may have data: ordinary tables (leaf partitions among them) but sessions' temporary ones and empty
 * ones of extensions.
 *
 * @see https://www.postgresql.org/docs/current/extend-extensions.html#EXTEND-EXTENSIONS-CONFIG-TABLES
 */
export async function listTables(client: Client): Promise<ExpectedTable[]> {
  const { rows } = await client.query<ExpectedTable>(
    `SELECT c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name,
            (c.relpersistence = 'u' AND pg_is_in_recovery()) OR e.extension IS NOT NULL AS "mayLackData"
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN (SELECT objid AS table, refobjid AS extension FROM pg_depend
                        WHERE classid = 'pg_class'::regclass AND objsubid = 0
                          AND refclassid = 'pg_extension'::regclass AND deptype = 'e') e ON e.table = c.oid
      WHERE c.relkind = 'r' AND c.relpersistence <> 't'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND (e.extension IS NULL OR pg_relation_size(c.oid) > 0)
      ORDER BY 2, 3`,
  );
  return rows;
}

/** A relation of an archive. */
export interface NamedRelation extends RelationName {
  isPartitioned: boolean;
}

/** The names of every relation of the given oids, in the order of the names. */
export async function nameRelations(client: Client, oids: number[]): Promise<Map<number, NamedRelation>> {
  const { rows } = await client.query<NamedRelation>(
    `SELECT c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS "isPartitioned"
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY($1::oid[])
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
    [oids],
  );
  return new Map(rows.map((row) => [row.oid, row]));
}
