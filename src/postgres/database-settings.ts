import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import type { DatabaseManifest } from '../model/manifest.js';

/**
 * Settings that are lists of names: each is given by itself, or the whole list would become one name. Extensions can't
 * have such. (pg_dump keeps the same list, `variable_is_guc_list_quote`.)
 */
const NAME_LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'temp_tablespaces',
]);

const LISTED_NAME = /\s*(?:"((?:[^"]|"")*)"|([^",]+?))\s*(?:,|$)/g;

/** The unquoted names of a list such as `"$user", public`. */
function splitNames(list: string): string[] {
  return [...list.matchAll(LISTED_NAME)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!);
}

/** A setting as the catalogue keeps it, `name=value`, as the end of an ALTER … SET. */
export function setClause(setting: string): string {
  const at = setting.indexOf('=');
  const [name, value] = [setting.slice(0, at), setting.slice(at + 1)];
  const values = NAME_LISTS.has(name.toLowerCase()) && value !== '' ? splitNames(value) : [value];
  return `SET ${escapeIdentifier(name)} TO ${values.map((each) => escapeLiteral(each)).join(', ')}`;
}

/**
 * Gives a database the settings of a backed-up one: `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`.
 *
 * @see https://www.postgresql.org/docs/current/catalog-pg-db-role-setting.html
 */
export async function applySettings(
  client: Client,
  database: string,
  settings: DatabaseManifest['settings'],
): Promise<void> {
  const name = escapeIdentifier(database);
  for (const { role, setting } of settings) {
    // The role is quoted already where it must be (`regrole`); the server reads it and quotes it again.
    const whose =
      role === null ? `DATABASE ${name}` : `ROLE ${await quoteRole(client, role)} IN DATABASE ${name}`;
    await client.query(`ALTER ${whose} ${setClause(setting)}`);
  }
}

async function quoteRole(client: Client, role: string): Promise<string> {
  const { rows } = await client.query<{ role: string }>('SELECT $1::regrole::text AS role', [role]);
  return rows[0]!.role;
}
