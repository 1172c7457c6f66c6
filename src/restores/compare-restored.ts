import { compareInventories, describeDifferences, type TableName } from '../model/compare-inventories.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { DatabaseManifest } from '../model/manifest.js';
import type { RestoreOptions } from '../postgres/pg-restore.js';
import type { RestoreTarget } from '../postgres/restore-target.js';
import { takeInventory } from '../postgres/take-inventory.js';
import type { ProgramContext } from '../programs/run-program.js';

/** What was found in a restored database that is what its backup says. */
export interface ComparedDatabase {
  tables: number;
  rows: number;
  /** Of the tables' data as dumped. */
  bytes: number;
  /** What could not be compared exactly, and how it was compared instead. */
  notes: string[];
}

/**
 * Proves that a restored database is what its backup says, by dumping it again and comparing the inventories.
 *
 * @param directory - where that dump is made and, once counted, removed
 * @param tables - when only these were restored
 * @throws OperationError `InventoryMismatch` naming what differs
 */
export async function compareRestored(
  { server, database }: Pick<RestoreTarget, 'server' | 'database'>,
  manifest: DatabaseManifest,
  tables: readonly TableName[] | undefined,
  directory: string,
  options: Pick<RestoreOptions, 'jobs' | 'programDirectories'>,
  context: ProgramContext & { onProgress: (bytes: number) => void },
): Promise<ComparedDatabase> {
  const taken = await takeInventory(server, database, directory, options, context, tables);
  const { inventory } = taken;
  const { differences, notes } = compareInventories(manifest.inventory, inventory, taken);
  if (differences.length > 0)
    throw new OperationError(
      'InventoryMismatch',
      `What was restored is not what backup ${manifest.id} says: ${describeDifferences(differences)}; ${remedyFor('InventoryMismatch')}.`,
    );
  const sum = (what: 'rows' | 'bytes') => inventory.tables.reduce((total, table) => total + table[what], 0);
  return { tables: inventory.tables.length, rows: sum('rows'), bytes: sum('bytes'), notes };
}
