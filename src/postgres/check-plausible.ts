import { OperationError } from '../model/failures.js';
import type { RelationName } from './database-facts.js';
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
 * @returns the tables that were left out on purpose
 * @throws OperationError `DumpImplausible`
 */
export function checkPlausible(
  database: string,
  expected: readonly RelationName[],
  entries: readonly ArchiveEntry[],
  excludes: { tables: boolean; data: boolean },
): { schema: string; name: string }[] {
  const oidsOf = (wanted: ArchiveEntry['description']) =>
    new Set(entries.filter(({ description }) => description === wanted).map(({ oid }) => oid));
  const defined = oidsOf('TABLE');
  const dumped = oidsOf('TABLE DATA');
  const missing = expected.filter(({ oid }) => !dumped.has(oid));
  const lost = missing.filter(({ oid }) => !(defined.has(oid) ? excludes.data : excludes.tables));
  const [first] = lost;
  if (first)
    throw implausible(
      database,
      `${lost.length} tables have no data in it, among them "${first.schema}"."${first.name}"`,
    );
  return missing.map(({ schema, name }) => ({ schema, name }));
}
