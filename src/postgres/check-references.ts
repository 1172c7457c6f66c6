import type { Client } from 'pg';
import { OperationError } from '../model/failures.js';
import type { ExpectedTable } from './database-facts.js';
import type { ArchiveEntry } from './table-of-contents.js';

/**
 * Refuses exclusions that make a backup that cannot be restored: a foreign key to a table that is not there, or has no
 * rows there, and a table whose parent is not there.
 *
 * @param client - in the dump's snapshot
 * @throws OperationError `InvalidConfiguration`
 */
export async function checkReferences(
  client: Client,
  database: string,
  expected: readonly ExpectedTable[],
  entries: readonly ArchiveEntry[],
): Promise<void> {
  const oidsOf = (wanted: ArchiveEntry['description']) =>
    entries.filter(({ description }) => description === wanted).map(({ oid }) => oid);
  const dumped = new Set(oidsOf('TABLE DATA'));
  const leftOut = expected.filter(({ oid, mayLackData }) => !mayLackData && !dumped.has(oid));
  const { rows } = await client.query<{ table: string; needed: string }>(
    `SELECT conrelid::regclass::text AS table, confrelid::regclass::text AS needed FROM pg_constraint
      WHERE contype = 'f' AND convalidated AND conrelid = ANY($1::oid[]) AND confrelid = ANY($2::oid[])
      UNION ALL
     SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits
      WHERE inhrelid = ANY($3::oid[]) AND NOT inhparent = ANY($3::oid[]) LIMIT 1`,
    [[...dumped], leftOut.map(({ oid }) => oid), oidsOf('TABLE')],
  );
  const [first] = rows;
  if (first)
    throw new OperationError(
      'InvalidConfiguration',
      `What backups.yaml excludes of "${database}" would keep the rest from being restored: ${first.table} needs ${first.needed}; exclude both or neither.`,
    );
}
