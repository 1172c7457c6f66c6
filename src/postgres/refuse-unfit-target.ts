import { DatabaseError, type Client } from 'pg';
import { OperationError } from '../model/failures.js';
import type { DatabaseManifest } from '../model/manifest.js';
import type { ServerFacts } from './server-facts.js';

/** What of a manifest a server must have, and nobody else can give it. */
export type TargetNeeds = Pick<
  DatabaseManifest,
  'id' | 'serverVersion' | 'collation' | 'characterType' | 'localeProvider' | 'tablespaces'
>;

/** `invalid_parameter_value` */
const INVALID_VALUE = '22023';

/**
 * Refuses a server into which a backup can't be restored, whatever is done about roles and extensions.
 *
 * @param client - connected to the server that is meant
 * @throws OperationError `TargetUnfit`
 */
export async function refuseUnfitTarget(
  client: Client,
  serverName: string,
  server: ServerFacts,
  needs: TargetNeeds,
): Promise<void> {
  const unfit = (fault: string) => new OperationError('TargetUnfit', `Server ${serverName} ${fault}.`);
  const major = Math.floor(needs.serverVersion / 10000);
  if (server.inRecovery)
    throw unfit('is a standby, which nothing can be restored into; restore into its primary');
  if (server.major < major)
    throw unfit(
      `is PostgreSQL ${server.major}, older than the ${major} that backup ${needs.id} was made of; restore into a server of version ${major} or later`,
    );
  const tablespaces = await findMissingTablespaces(client, needs.tablespaces ?? []);
  if (tablespaces.length > 0)
    throw unfit(
      `lacks the tablespace ${tablespaces.map((name) => `"${name}"`).join(' and ')} of backup ${needs.id}; create it there with CREATE TABLESPACE`,
    );
  for (const locale of new Set([needs.collation, needs.characterType])) {
    if (!(await hasLocale(client, locale)))
      throw unfit(`lacks the locale "${locale}" of backup ${needs.id}; install it on its host`);
  }
  if (needs.localeProvider === 'icu' && !(await hasIcu(client)))
    throw unfit(`was built without ICU, which backup ${needs.id} needs; restore into one that has it`);
}

async function findMissingTablespaces(client: Client, wanted: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE name NOT IN (SELECT spcname FROM pg_tablespace)',
    [wanted],
  );
  return rows.map(({ name }) => name);
}

/** Whether the operating system of the server has a locale: a session may only be given one that it has. */
async function hasLocale(client: Client, locale: string): Promise<boolean> {
  try {
    await client.query(`SELECT set_config('lc_time', $1, true)`, [locale]);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === INVALID_VALUE) return false;
    throw error;
  }
}

async function hasIcu(client: Client): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM pg_collation WHERE collprovider = 'i' LIMIT 1`);
  return rowCount === 1;
}
