import { join } from 'node:path';
import pMap from 'p-map';
import { describe, expect, test } from 'vitest';
import type { Inventory } from '../../../src/model/inventory.js';
import { dumpWithInventory } from '../../../src/postgres/dump-with-inventory.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { createAwkwardDatabases, expectedRows } from '../../support/awkward-databases.js';
import { SERVER, startBackupSystem } from '../../support/backup-system.js';
import { readDatabaseManifest } from './read-backup.js';
import { restoreBackup } from './restore-backup.js';

/** Databases in flight at once: each mostly waits for the disk. */
const AT_ONCE = 4;

const signal = new AbortController().signal;

/**
 * PostgreSQL hashes an enum value by its OID, which a restore gives anew: the rows of this one may be in other
 * partitions afterwards. (pg_dump knows, and loads such tables through their root.)
 */
const HASHED_BY_OID = 'hash of enum';

async function takeInventory(
  server: PostgresServer,
  database: string,
  directory: string,
): Promise<Inventory> {
  const { name, host, port, user, password } = { name: SERVER, ...server };
  const { inventory } = await dumpWithInventory(
    { name, host, port, user, password, sslmode: 'disable' },
    database,
    directory,
    {
      jobs: 2,
      lockWaitTimeoutSeconds: 60,
      excludeTables: [],
      excludeTableData: [],
      programDirectories: [server.binDirectory],
    },
    { signal, onProgress: () => undefined },
  );
  return inventory;
}

const countRows = ({ tables }: Inventory) =>
  new Map(tables.map(({ schema, name, rows }) => [`${schema}.${name}`, rows]));
const totalOf = (counts: Map<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);

describe.each([
  { major: 15, encryption: 'gpg' as const },
  { major: 16, encryption: 'none' as const },
  { major: 18, encryption: 'none' as const },
])('PostgreSQL $major, encryption $encryption', ({ major, encryption }) => {
  test('every awkward database comes back from the store as its inventory says', async () => {
    await using postgres = await startPostgres({ major });
    const databases = await createAwkwardDatabases(postgres);
    await using system = await startBackupSystem({
      ...{ databases, postgres, encryption },
      server: { concurrency: AT_ONCE },
    });
    const { backups } = await system.backUp();
    expect(backups.filter(({ outcome }) => outcome !== 'committed')).toEqual([]);
    expect(new Set(backups.map(({ database }) => database))).toEqual(new Set(databases));

    const restoreAndCompare = async (database: string, index: number) => {
      const manifest = await readDatabaseManifest(system.store, database);
      expect(countRows(manifest.inventory), database).toEqual(await expectedRows(postgres, database));

      const restored = `restored ${index}`;
      const directory = join(system.scratch, restored);
      await restoreBackup(system.store, manifest, {
        server: postgres,
        database: restored,
        directory,
        key: system.key,
      });
      const inventory = await takeInventory(postgres, restored, directory);
      const rows = await expectedRows(postgres, restored);
      if (database === HASHED_BY_OID) {
        expect(totalOf(rows)).toBe(totalOf(countRows(manifest.inventory)));
        return;
      }
      expect(rows, database).toEqual(countRows(manifest.inventory));
      expect(inventory, database).toEqual(manifest.inventory);
    };
    await pMap(databases, restoreAndCompare, { concurrency: AT_ONCE });
  }, 300_000);
});
