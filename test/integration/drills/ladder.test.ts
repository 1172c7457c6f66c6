import { expect, test } from 'vitest';
import { reasonsOf } from '../../../src/model/drill-verdict.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { createAwkwardDatabases } from '../../support/awkward-databases.js';
import { makeDrillSystem } from './drill-system.js';

/** What depends on the server around a database: its roles, settings, extensions, locales, and its name. */
const awkward = [
  'odd names',
  'Partitions',
  'grants&policies',
  '.settings',
  '100%25 extensions',
  'icu',
  'latin1',
  'host=nowhere dbname=postgres',
];

test.each([15, 16, 18])(
  'PostgreSQL %i: awkward databases are proven on a server that knew nothing of them',
  async (major) => {
    await using source = await startPostgres({ major });
    const made = await createAwkwardDatabases(source);
    const databases = ['postgres', ...awkward.filter((name) => made.includes(name))];
    const system = await makeDrillSystem();
    await system.backUp(source);
    for (const database of databases) await system.backUp(source, database);

    const { backups } = await system.drill({ databases, binDirectory: source.binDirectory });

    const faults = backups.filter(({ verdict }) => verdict !== 'proven');
    expect(faults.map((backup) => [backup.database, reasonsOf(backup)])).toEqual([]);
    expect(backups.map(({ database }) => database)).toEqual([undefined, ...databases]);
  },
);
