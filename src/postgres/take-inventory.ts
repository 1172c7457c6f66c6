import { rm } from 'node:fs/promises';
import type { RearrangedTables } from '../model/compare-inventories.js';
import type { Inventory } from '../model/inventory.js';
import type { ServerConnection } from '../model/server-connection.js';
import type { ProgramContext } from '../programs/run-program.js';
import { withConnection } from './connection.js';
import { dumpWithInventory } from './dump-with-inventory.js';
import type { RestoreOptions } from './pg-restore.js';
import { readRearrangedTables } from './rearranged-tables.js';

/** Nobody else uses a restored database: whoever locks a table of it is done at once. */
const LOCK_WAIT_SECONDS = 60;

/**
 * Takes the inventory of a restored database as that of its backup was taken: by dumping it.
 *
 * @param directory - where the dump is made and, once counted, removed; needs as much space as the backup's dump
 * @param onProgress - bytes dumped, then bytes read again
 * @throws OperationError as {@link dumpWithInventory}
 */
export async function takeInventory(
  server: ServerConnection,
  database: string,
  directory: string,
  { jobs, programDirectories }: RestoreOptions,
  context: ProgramContext & { onProgress: (bytes: number) => void },
): Promise<{ inventory: Inventory; rearranged: RearrangedTables }> {
  const options = {
    ...{ jobs, programDirectories },
    lockWaitTimeoutSeconds: LOCK_WAIT_SECONDS,
    excludeTables: [],
    excludeTableData: [],
  };
  try {
    const { inventory } = await dumpWithInventory(server, database, directory, options, context);
    const rearranged = await withConnection(server, database, context.signal, readRearrangedTables);
    return { inventory, rearranged };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
