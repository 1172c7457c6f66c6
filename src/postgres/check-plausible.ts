import { OperationError } from '../model/failures.js';
import type { Inventory } from '../model/inventory.js';
import type { ExpectedTable, RelationName } from './database-facts.js';
import type { DisplacedTables } from './displaced-tables.js';
import type { ArchiveEntry } from './table-of-contents.js';

/** A refusal: what was dumped cannot be a whole copy of the database. */
export function implausible(database: string, fault: string, cause?: unknown): OperationError {
  return new OperationError(
    'DumpImplausible',
    `The dump of "${database}" is implausible and was thrown away: ${fault}; nothing was stored, see the server log.`,
    { cause },
  );
}

/**
 * Refuses a dump that cannot be a whole copy.
 *
 * @param expected - the tables that the snapshot has
 * @param excludes - whether the configuration leaves tables out, or the data of tables
 * @returns the tables that were left out on purpose, or whose data pg_dump leaves out by itself
 * @throws OperationError `DumpImplausible`, or `InvalidConfiguration` when the configuration leaves out every table
 */
export function checkPlausible(
  database: string,
  expected: readonly ExpectedTable[],
  entries: readonly ArchiveEntry[],
  excludes: { tables: boolean; data: boolean },
): { schema: string; name: string }[] {
  const oidsOf = (wanted: ArchiveEntry['description']) =>
    new Set(entries.filter(({ description }) => description === wanted).map(({ oid }) => oid));
  const defined = oidsOf('TABLE');
  const dumped = oidsOf('TABLE DATA');
  const missing = expected.filter(({ oid }) => !dumped.has(oid));
  const lost = missing.filter(
    ({ oid, mayLackData }) => !mayLackData && !(defined.has(oid) ? excludes.data : excludes.tables),
  );
  const [first] = lost;
  if (first)
    throw implausible(
      database,
      `${lost.length} tables have no data in it, among them "${first.schema}"."${first.name}"`,
    );
  const own = expected.filter(({ mayLackData }) => !mayLackData);
  if (excludes.tables && own.length > 0 && defined.size + dumped.size === 0)
    throw new OperationError(
      'InvalidConfiguration',
      `excludeTables leaves out all ${own.length} tables of "${database}": nothing would be backed up; correct the patterns in backups.yaml.`,
    );
  return missing.map(({ schema, name }) => ({ schema, name }));
}

/**
 * Refuses a dump in which a table is empty, or another one's, only because it was rewritten or replaced while pg_dump
 * waited for its lock; see {@link DisplacedTables}.
 *
 * @param tables - what was dumped
 * @param relations - the tables of the dump
 * @throws OperationError `DumpImplausible`
 */
export function checkUndisturbed(
  database: string,
  tables: Inventory['tables'],
  relations: readonly RelationName[],
  { rewritten, renamed }: DisplacedTables,
): void {
  const keyOf = ({ schema, name }: { schema: string; name: string }) => JSON.stringify([schema, name]);
  const rows = new Map(tables.map((table) => [keyOf(table), table.rows]));
  const lost = relations.find((relation) => {
    const found = rows.get(keyOf(relation));
    return found !== undefined && (renamed.has(relation.oid) || (rewritten.has(relation.oid) && found === 0));
  });
  if (lost)
    throw implausible(
      database,
      `table "${lost.schema}"."${lost.name}" was rewritten or replaced (TRUNCATE, ALTER TABLE, DROP) before pg_dump could lock it, so its rows are missing`,
    );
}
