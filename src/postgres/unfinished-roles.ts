import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import { markerOf } from './restore-target.js';

/** Roles that carry the mark of a restore, with their comments of old. */
async function findMarked(client: Client, restoreId: string): Promise<{ name: string; comment: string }[]> {
  const { rows } = await client.query<{ name: string; comment: string }>(
    `SELECT rolname AS name, substr(shobj_description(oid, 'pg_authid'), length($1) + 1) AS comment
       FROM pg_roles WHERE starts_with(shobj_description(oid, 'pg_authid'), $1) ORDER BY 1`,
    [markerOf(restoreId)],
  );
  return rows;
}

const commentOn = (role: string, comment: string) =>
  `COMMENT ON ROLE ${escapeIdentifier(role)} IS ${escapeLiteral(comment)}`;

/**
 * Marks roles as made by a restore and not complete, as databases are (`markerOf`): what carries the mark may be dropped, and
 * nothing else. To be called in the transaction that makes them.
 */
export async function markRoles(client: Client, roles: readonly string[], restoreId: string): Promise<void> {
  const { rows } = await client.query<{ name: string; comment: string | null }>(
    `SELECT rolname AS name, shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = ANY($1)`,
    [roles],
  );
  for (const { name, comment } of rows)
    await client.query(commentOn(name, markerOf(restoreId) + (comment ?? '')));
}

/** Declares the roles of a restore complete, and answers how many there were. */
export async function completeRoles(client: Client, restoreId: string): Promise<number> {
  const marked = await findMarked(client, restoreId);
  for (const { name, comment } of marked) await client.query(commentOn(name, comment));
  return marked.length;
}

/** Drops the roles that a restore has made and not completed; what they own must be gone by then. */
export async function dropUnfinishedRoles(client: Client, restoreId: string): Promise<void> {
  const names = (await findMarked(client, restoreId)).map(({ name }) => escapeIdentifier(name));
  // In one statement: one may have granted another to a third.
  if (names.length > 0) await client.query(`DROP ROLE ${names.join(', ')}`);
}
