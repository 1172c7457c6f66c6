import { join } from 'node:path';
import pMap from 'p-map';
import { expect, test } from 'vitest';
import type { Inventory } from '../../../src/model/inventory.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { createAwkwardDatabases, expectedRows } from '../../support/awkward-databases.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { dump } from '../postgres/restored-database.js';
import { readDatabaseManifest } from './read-backup.js';
import { restoreBackup } from './restore-backup.js';

/** Databases in flight at once: each mostly waits for the disk. */
const AT_ONCE = 4;

/**
 * PostgreSQL hashes an enum value by its OID, which a restore gives anew: the rows of this one may be in other
 * partitions afterwards. (pg_dump knows, and loads such tables through their root.)
 */
const HASHED_BY_OID = 'hash of enum';

const countRows = ({ tables }: Inventory) =>
  new Map(tables.map(({ schema, name, rows }) => [`${schema}.${name}`, rows]));
const totalOf = (counts: Map<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);

/** Backs all awkward databases up, and sees that their manifests count every row. */
async function backUpAll(
  postgres: PostgresServer,
  encryption: 'gpg' | 'none',
): Promise<BackupSystem & { databases: string[] }> {
  const databases = await createAwkwardDatabases(postgres);
  const system = await startBackupSystem({
    ...{ databases, postgres, encryption },
    server: { concurrency: AT_ONCE },
  });
  try {
    const { backups } = await system.backUp();
    expect(backups.filter(({ outcome }) => outcome !== 'committed')).toEqual([]);
    expect(new Set(backups.map(({ database }) => database))).toEqual(new Set(databases));
    for (const database of databases) {
      const { inventory } = await readDatabaseManifest(system.store, database);
      expect(countRows(inventory), database).toEqual(await expectedRows(postgres, database));
    }
    return { ...system, databases };
  } catch (error) {
    await system[Symbol.asyncDispose]();
    throw error;
  }
}

// That dumps of these majors are restored as they were is another test's: see ../postgres/restore-awkward.test.ts.
test.each([16, 18])(
  'PostgreSQL %i: every awkward database is backed up with all its rows',
  async (major) => {
    await using postgres = await startPostgres({ major });
    await using system = await backUpAll(postgres, 'none');
    expect(system.databases).not.toEqual([]);
  },
  300_000,
);

test('PostgreSQL 15: every awkward database comes back from the store as its inventory says', async () => {
  await using postgres = await startPostgres({ major: 15 });
  await using system = await backUpAll(postgres, 'gpg');

  const restoreAndCompare = async (database: string, index: number) => {
    const manifest = await readDatabaseManifest(system.store, database);
    const restored = `restored ${index}`;
    const directory = join(system.scratch, restored);
    await restoreBackup(system.store, manifest, {
      server: postgres,
      database: restored,
      directory,
      key: system.key,
    });
    const { inventory } = await dump(postgres, restored, directory);
    const rows = await expectedRows(postgres, restored);
    if (database === HASHED_BY_OID) {
      expect(totalOf(rows)).toBe(totalOf(countRows(manifest.inventory)));
      return;
    }
    expect(rows, database).toEqual(countRows(manifest.inventory));
    expect(inventory, database).toEqual(manifest.inventory);
  };
  await pMap(system.databases, restoreAndCompare, { concurrency: AT_ONCE });
}, 300_000);
