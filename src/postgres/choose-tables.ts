import pMap from 'p-map';
import type { TableName } from '../model/compare-inventories.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { ProgramContext } from '../programs/run-program.js';
import { findTable, type GraphEntry } from './archive-graph.js';
import { chooseEntries } from './choose-entries.js';

/** Lists read at once. */
const CONCURRENCY = 2;

/**
 * The entries of an archive that restore single tables, see {@link chooseEntries}.
 *
 * @param pgRestore - absolute path of pg_restore
 * @param entries - all of the archive
 * @throws OperationError `InvalidArgument` when the archive has no such table
 */
export async function chooseTables(
  pgRestore: string,
  archive: string,
  entries: readonly GraphEntry[],
  tables: readonly TableName[],
  context: ProgramContext,
): Promise<GraphEntry[]> {
  const find = async (table: TableName) => {
    const dumpId = await findTable(pgRestore, archive, table, context);
    if (dumpId !== undefined) return dumpId;
    throw new OperationError(
      'InvalidArgument',
      `The backup has no table "${table.schema}"."${table.name}"; ${remedyFor('InvalidArgument')}.`,
    );
  };
  const { signal } = context;
  return chooseEntries(entries, await pMap(tables, find, { concurrency: CONCURRENCY, signal }));
}
