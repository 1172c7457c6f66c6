import { readFile } from 'node:fs/promises';
import { escapeIdentifier, type Client } from 'pg';
import { withSession, type ServerAddress } from '../../tools/data/server-session.js';

/** One database, the script that fills it, and the rest of its CREATE DATABASE. */
interface AwkwardDatabase {
  name: string;
  script?: string;
  options?: string;
}

const databases: readonly AwkwardDatabase[] = [
  { name: 'odd names', script: 'names' },
  { name: 'Partitions', script: 'partitions' },
  { name: 'hash of enum', script: 'hash-of-enum' },
  { name: "large 'objects'", script: 'large-objects' },
  { name: 'sequences/and/identity', script: 'sequences' },
  { name: 'types\\and\\domains', script: 'types' },
  { name: '"values"', script: 'values' },
  { name: 'tables; of every kind', script: 'tables' },
  { name: 'prögramme', script: 'programs' },
  { name: 'grants&policies', script: 'security' },
  { name: '.settings', script: 'settings' },
  { name: '100%25 extensions', script: 'extensions' },
  { name: 'wide*rows?', script: 'wide' },
  { name: 'two_thousand_tables', script: 'many-tables' },
  { name: 'latin1', script: 'latin1', options: encodedAs('LATIN1') },
  { name: 'sql_ascii', script: 'sql-ascii', options: encodedAs('SQL_ASCII') },
  { name: 'empty' },
  // Nothing awkward but the name. The last ones are prefixes of each other, or the same without case.
  ...[
    '..',
    '-rf',
    ' leading and trailing ',
    '$HOME `id`',
    'ü'.repeat(31) + 'x', // 63 bytes, PostgreSQL's limit
    'host=nowhere dbname=postgres',
    'postgresql://nowhere/none',
    'manifest.json',
    'app',
    'app_staging',
    'APP',
  ].map((name) => ({ name, script: 'plain' })),
];

const icuDatabase: AwkwardDatabase = {
  name: 'icu',
  script: 'icu',
  options: `TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'`,
};

function encodedAs(encoding: string): string {
  return `TEMPLATE template0 ENCODING '${encoding}' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`;
}

const roles = ['Awkward Owner', 'awkward-reader', 'awkward"quote'];

/**
 * Makes databases that hold what backups stumble over, and the roles that own some of it. One of them has an ICU
 * locale, where the server was built with ICU; it uses what extensions the server has.
 *
 * @param address a superuser on PostgreSQL 15 or later that has none of these databases yet
 * @returns the names
 */
export async function createAwkwardDatabases(address: ServerAddress): Promise<string[]> {
  const made = await withSession(address, 'postgres', async (session) => {
    for (const role of roles) await session.query(`CREATE ROLE ${escapeIdentifier(role)}`);
    const wanted = (await hasIcu(session)) ? [...databases, icuDatabase] : databases;
    for (const { name, options = '' } of wanted) {
      await session.query(`CREATE DATABASE ${escapeIdentifier(name)} ${options}`);
    }
    return wanted;
  });
  for (const { name, script } of made) {
    if (script) await runScript(address, name, script);
  }
  return made.map(({ name }) => name);
}

async function hasIcu(session: Client): Promise<boolean> {
  const { rowCount } = await session.query(`SELECT FROM pg_collation WHERE collname = 'de-x-icu'`);
  return rowCount === 1;
}

async function runScript(address: ServerAddress, database: string, script: string): Promise<void> {
  const sql = await readFile(new URL(`awkward/${script}.sql`, import.meta.url), 'utf8');
  await withSession(address, database, (session) => session.query(sql));
}

/**
 * Counts the rows of every table whose data a dump holds: ordinary tables and leaf partitions, each without the tables
 * that inherit from it; no foreign tables.
 *
 * @returns rows by `schema.table`, not quoted
 */
export async function expectedRows(address: ServerAddress, database: string): Promise<Map<string, number>> {
  return await withSession(address, database, async (session) => {
    const { rows: tables } = await session.query<{ schema: string; name: string }>(`
      SELECT nspname AS schema, relname AS name
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
      ORDER BY 1, 2`);
    const counts = new Map<string, number>();
    for (const { schema, name } of tables) {
      const table = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
      const { rows } = await session.query<{ count: string }>(`SELECT count(*) FROM ONLY ${table}`);
      counts.set(`${schema}.${name}`, Number(rows[0]?.count));
    }
    return counts;
  });
}
