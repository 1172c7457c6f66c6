import { writeFile } from 'node:fs/promises';
import pMap from 'p-map';
import type { TableName } from '../model/compare-inventories.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { ProgramContext } from '../programs/run-program.js';
import { findTable, readArchiveGraph } from './archive-graph.js';
import { chooseEntries } from './choose-entries.js';

/** Lists read at once. */
const CONCURRENCY = 2;

/**
 * Writes the list by which pg_restore restores single tables, see {@link chooseEntries}.
 *
 * @param pgRestore - absolute path of pg_restore
 * @param listFile - removed with the step's directory
 * @throws OperationError `InvalidArgument` when the archive has no such table
 */
export async function listChosen(
  pgRestore: string,
  archive: string,
  tables: readonly TableName[],
  listFile: string,
  context: ProgramContext,
): Promise<void> {
  const find = async (table: TableName) => {
    const dumpId = await findTable(pgRestore, archive, table, context);
    if (dumpId !== undefined) return dumpId;
    throw new OperationError(
      'InvalidArgument',
      `The backup has no table "${table.schema}"."${table.name}"; ${remedyFor('InvalidArgument')}.`,
    );
  };
  const chosen = await pMap(tables, find, { concurrency: CONCURRENCY, signal: context.signal });
  const entries = chooseEntries(await readArchiveGraph(pgRestore, archive, context), chosen);
  await writeFile(listFile, entries.map((dumpId) => `${dumpId};\n`).join(''));
}
