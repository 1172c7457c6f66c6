import { rm } from 'node:fs/promises';
import type { RearrangedTables, TableName } from '../model/compare-inventories.js';
import type { Inventory } from '../model/inventory.js';
import type { ServerConnection } from '../model/server-connection.js';
import type { ProgramContext } from '../programs/run-program.js';
import { withConnection } from './connection.js';
import { dumpWithInventory } from './dump-with-inventory.js';
import type { RestoreOptions } from './pg-restore.js';
import { readLeaves, readRearrangedTables } from './rearranged-tables.js';

/** Nobody else uses a restored database: whoever locks a table of it is done at once. */
const LOCK_WAIT_SECONDS = 60;

/** An inventory, and what is needed to compare it. */
export interface TakenInventory {
  inventory: Inventory;
  rearranged: RearrangedTables;
  /** The tables asked for, with partitions in the place of what is partitioned. */
  tables?: TableName[] | undefined;
}

/**
 * Takes the inventory of a restored database as that of its backup was taken: by dumping it.
 *
 * @param directory - where the dump is made and, once counted, removed; needs as much space as the backup's dump
 * @param tables - the tables that were restored, where not all were
 * @param onProgress - bytes dumped, and read again
 * @throws OperationError as {@link dumpWithInventory}
 */
export async function takeInventory(
  server: ServerConnection,
  database: string,
  directory: string,
  { jobs, programDirectories }: Pick<RestoreOptions, 'jobs' | 'programDirectories'>,
  context: ProgramContext & { onProgress: (bytes: number) => void },
  tables?: readonly TableName[],
): Promise<TakenInventory> {
  const options = {
    ...{ jobs, programDirectories },
    lockWaitTimeoutSeconds: LOCK_WAIT_SECONDS,
    excludeTables: [],
    excludeTableData: [],
  };
  try {
    const { inventory } = await dumpWithInventory(server, database, directory, options, context);
    return await withConnection(server, database, context.signal, async (client) => ({
      inventory,
      rearranged: await readRearrangedTables(client),
      tables: tables && (await readLeaves(client, tables)),
    }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
