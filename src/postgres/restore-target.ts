import { createHash } from 'node:crypto';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import type { AdministeredServer } from './administer.js';

/** The database that a restore makes. */
export interface RestoreTarget extends AdministeredServer {
  /** The name it gets. */
  database: string;
  /** Names the restore: the same for every attempt of it, and for no other restore. */
  restoreId: string;
}

/** With this begins the mark of every restore. */
const MARK = 'TempoNest Backups is restoring this database (';

/**
 * The comment by which a database is known to be made by this restore and not complete, before the one that it is to
 * have. It is set together with the name and removed when the restore is complete: what carries it may be dropped, and
 * nothing else.
 */
export function markerOf(restoreId: string): string {
  return `${MARK}${restoreId}); do not use it yet.\n`;
}

/** An SQL expression: whether the row `d` of `pg_database` is of a database that some restore has made and not completed. */
export const IS_UNFINISHED = `coalesce(starts_with(shobj_description(d.oid, 'pg_database'), '${MARK}'), false)`;

/** The statement that makes a database complete, if it is this restore's and unfinished; else undefined. */
export async function completeStatement(
  client: Client,
  { database, restoreId }: Pick<RestoreTarget, 'database' | 'restoreId'>,
  becomes = database,
): Promise<string | undefined> {
  const { rows } = await client.query<{ comment: string | null }>(
    `SELECT substr(shobj_description(oid, 'pg_database'), length($2) + 1) AS comment FROM pg_database
      WHERE datname = $1 AND starts_with(shobj_description(oid, 'pg_database'), $2)`,
    [database, markerOf(restoreId)],
  );
  const [row] = rows;
  return row && `COMMENT ON DATABASE ${escapeIdentifier(becomes)} IS ${escapeLiteral(row.comment ?? '')}`;
}

/**
 * The name of the database from CREATE DATABASE, which runs in no transaction, to the transaction that marks it and
 * gives it its name: it is as telling as the mark, so a crash in between leaves nothing that nobody knows.
 */
export function provisionalName(restoreId: string): string {
  return `temponest_restore_${createHash('sha256').update(restoreId).digest('hex').slice(0, 32)}`;
}

/** The databases that a restore has made and not completed, by whatever name: none or one. */
export async function findUnfinished(client: Client, restoreId: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database
      WHERE datname = $1 OR starts_with(shobj_description(oid, 'pg_database'), $2)`,
    [provisionalName(restoreId), markerOf(restoreId)],
  );
  return rows.map(({ name }) => name);
}
