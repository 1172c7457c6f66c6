import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import { OperationError, remedyFor } from '../model/failures.js';
import type { DatabaseManifest, DatabaseSetting } from '../model/manifest.js';
import { administer, inTransaction } from './administer.js';
import { applySettings } from './database-settings.js';
import { dropUnfinished } from './drop-database.js';
import { completeStatement, markerOf, provisionalName, type RestoreTarget } from './restore-target.js';

/** What of a manifest makes a database. */
export type DatabaseProperties = Pick<
  DatabaseManifest,
  | 'encoding'
  | 'collation'
  | 'characterType'
  | 'localeProvider'
  | 'locale'
  | 'icuRules'
  | 'owner'
  | 'tablespace'
  | 'comment'
> & { settings: readonly DatabaseSetting[] };

/** Bytes of an identifier. */
const LONGEST_NAME = 63;

/** That of template0, which is taken where none is named; to name it one must be allowed to create in it. */
const DEFAULT_TABLESPACE = 'pg_default';

/** Before this, every database was libc's, and CREATE DATABASE knew no other. */
const FIRST_WITH_PROVIDERS = 150000;

/**
 * CREATE DATABASE as it makes the database that a backup was made of, under another name.
 *
 * @param serverVersion - `server_version_num` of the target
 * @see https://www.postgresql.org/docs/current/sql-createdatabase.html
 */
export function createStatement(name: string, properties: DatabaseProperties, serverVersion: number): string {
  const { encoding, collation, characterType, localeProvider, locale, icuRules, owner, tablespace } =
    properties;
  return [
    `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE template0 OWNER ${escapeIdentifier(owner)}`,
    `ENCODING ${escapeLiteral(encoding)}`,
    `LC_COLLATE ${escapeLiteral(collation)} LC_CTYPE ${escapeLiteral(characterType)}`,
    ...(serverVersion < FIRST_WITH_PROVIDERS ? [] : [`LOCALE_PROVIDER ${localeProvider}`]),
    ...(localeProvider === 'libc' || locale === null
      ? []
      : [`${localeProvider.toUpperCase()}_LOCALE ${escapeLiteral(locale)}`]),
    ...(icuRules ? [`ICU_RULES ${escapeLiteral(icuRules)}`] : []),
    ...(tablespace === undefined || tablespace === DEFAULT_TABLESPACE
      ? []
      : [`TABLESPACE ${escapeIdentifier(tablespace)}`]),
  ].join(' ');
}

/**
 * Makes the empty database that a backup is restored into: with the encoding, locale, owner and settings of the one
 * that was backed up, and marked as unfinished. What an earlier attempt of the same restore left is dropped first.
 *
 * The settings are there before the data, as with `pg_restore --create`: what is computed while it is restored
 * (materialized views, checks) may ask for them.
 *
 * @throws OperationError `TargetExists` when there is a database of that name that is not this restore's own;
 * `InvalidArgument` for a name that is too long; `TargetUnfit` when the server lacks a role, a locale or a setting
 */
export async function createDatabase(
  target: RestoreTarget,
  properties: DatabaseProperties,
  signal: AbortSignal,
): Promise<void> {
  refuseLongName(target.database);
  await dropUnfinished(target, signal);
  await administer(target, signal, async (client) => {
    // Asked before the work of making one; the rename asks again, for certain.
    await refuseExisting(client, target);
    const provisional = provisionalName(target.restoreId);
    const { rows } = await client.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    );
    await client.query(createStatement(provisional, properties, rows[0]!.version));
    await inTransaction(client, async () => {
      const comment = markerOf(target.restoreId) + (properties.comment ?? '');
      await client.query(`COMMENT ON DATABASE ${escapeIdentifier(provisional)} IS ${escapeLiteral(comment)}`);
      await applySettings(client, provisional, properties.settings);
      await client.query(
        `ALTER DATABASE ${escapeIdentifier(provisional)} RENAME TO ${escapeIdentifier(target.database)}`,
      );
    });
  });
}

/** PostgreSQL would cut it, and nobody would find the database by the name that was asked for. */
function refuseLongName(database: string): void {
  if (Buffer.byteLength(database) <= LONGEST_NAME) return;
  throw new OperationError(
    'InvalidArgument',
    `The name "${database}" is longer than the ${LONGEST_NAME} bytes that PostgreSQL allows; choose a shorter one.`,
  );
}

async function refuseExisting(client: Client, { server, database }: RestoreTarget): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
  if (rowCount === 0) return;
  throw new OperationError(
    'TargetExists',
    `Server ${server.name} has a database "${database}" already; ${remedyFor('TargetExists')}.`,
  );
}

/**
 * Declares a restored database complete: from now on it is nobody's to drop.
 *
 * @throws OperationError by SQLSTATE
 */
export async function completeDatabase(target: RestoreTarget, signal: AbortSignal): Promise<void> {
  await administer(target, signal, async (client) => {
    const complete = await completeStatement(client, target);
    if (complete) await client.query(complete);
  });
}
