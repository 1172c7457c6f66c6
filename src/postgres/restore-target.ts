import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import type { AdministeredServer } from './administer.js';

/** The database that a restore makes. */
export interface RestoreTarget extends AdministeredServer {
  /** The name it gets. */
  database: string;
  /** Names the restore: the same for every attempt of it, and for no other restore. */
  restoreId: string;
}

/**
 * The comment by which a database is known to be made by this restore and not complete. It is set together with the
 * name and removed when the restore is complete: what carries it may be dropped, and nothing else.
 */
export function markerOf(restoreId: string): string {
  return `TempoNest Backups is restoring this database (${restoreId}); do not use it yet.`;
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
      WHERE datname = $1 OR shobj_description(oid, 'pg_database') = $2`,
    [provisionalName(restoreId), markerOf(restoreId)],
  );
  return rows.map(({ name }) => name);
}
