import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import type { DatabaseManifest, DatabaseSetting } from '../model/manifest.js';

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

/** A file beside pg_dump's in the directory of a dump: pg_restore opens only those that it knows of. */
const SETTINGS_FILE = 'database-settings.json';

/** Adds the settings of a database to its dump: there they are encrypted, and their values may be passwords. */
export async function keepSettings(archive: string, settings: readonly DatabaseSetting[]): Promise<void> {
  await writeFile(join(archive, SETTINGS_FILE), JSON.stringify(settings), { mode: 0o600 });
}

/** The settings of a backed-up database: what {@link keepSettings} has added to its dump, or its old manifest has. */
export async function settingsOf(
  { settings }: Pick<DatabaseManifest, 'settings'>,
  archive: string,
): Promise<readonly DatabaseSetting[]> {
  return settings ?? (JSON.parse(await readFile(join(archive, SETTINGS_FILE), 'utf8')) as DatabaseSetting[]);
}

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
  settings: readonly DatabaseSetting[],
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
