import { join } from 'node:path';
import pMap from 'p-map';
import { expect, test } from 'vitest';
import { withConnection } from '../../../src/postgres/connection.js';
import { completeDatabase } from '../../../src/postgres/create-database.js';
import { readDatabaseFacts } from '../../../src/postgres/database-facts.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { createAwkwardDatabases } from '../../support/awkward-databases.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { connectionTo, dump, restoreAndCompare, signal, targetOn } from './restored-database.js';

/** The only ones of which something can't be compared exactly, and what is said of it. */
const NOTED: Record<string, string[]> = {
  'hash of enum': [
    'table "public"."by_hash_of_enum" is hash-partitioned by an enum, which a restore hashes anew: its partitions were compared together, by rows and bytes',
  ],
};

test.each([15, 16, 18])(
  'PostgreSQL %i: every awkward database comes back as it was',
  async (major) => {
    await using server = await startPostgres({ major });
    const databases = await createAwkwardDatabases(server);
    const scratch = await makeScratchDirectory();
    const restore = async (database: string, number: number) => {
      const directory = join(scratch, String(number));
      const dumped = await dump(server, database, directory);
      const target = targetOn(server, `${number} 'host=nowhere' \\ "x"`, `restore ${number}`);
      const comparison = await restoreAndCompare(server, dumped, target, directory);
      expect(comparison, database).toEqual({ differences: [], notes: NOTED[database] ?? [] });
      await completeDatabase(target, signal);
      const facts = await withConnection(connectionTo(server), target.database, signal, readDatabaseFacts);
      expect(facts, database).toEqual(dumped.facts);
    };
    await pMap(databases, restore, { concurrency: 3 });
  },
  300_000,
);
