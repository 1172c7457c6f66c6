import { execa } from 'execa';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTargetFacts } from '../../../src/postgres/target-facts.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { waitUntil } from '../../support/wait-until.js';
import { connectionTo, signal } from './restored-database.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ major: 16 });
});
afterAll(() => server.stop());

const inventory = {
  ...{ tables: [], excludedTables: [], sequences: [] },
  largeObjects: { count: 0, bytes: 0, sha256: '' },
  extensions: ['plpgsql', 'no; extension'].map((name) => ({ name, version: '1.0', schema: 'public' })),
  roles: ['postgres', 'nobody "here"', 'nor here'],
};
const backup = {
  ...{ id: 'app_20261124_020000', serverVersion: 160001, owner: 'postgres', inventory },
  ...{ collation: 'C.UTF-8', characterType: 'C', localeProvider: 'libc' as const },
};
const administered = () => ({
  server: connectionTo(server),
  maintenanceDatabase: 'postgres',
});

test('what a server has and lacks is told', async () => {
  const facts = await readTargetFacts(administered(), backup, ['postgres', 'no database'], signal);
  expect(facts).toEqual({
    major: 16,
    existing: new Map([['postgres', expect.any(Number)]]),
    missingRoles: ['nobody "here"', 'nor here'],
    missingExtensions: ['no; extension'],
  });
  expect(facts.existing.get('postgres')).toBeGreaterThan(1_000_000);
});

test('a server older than the backup’s is refused', async () => {
  const newer = { ...backup, serverVersion: 170000 };
  await expect(readTargetFacts(administered(), newer, [], signal)).rejects.toMatchObject({
    type: 'TargetUnfit',
    message:
      'Server prod is PostgreSQL 16, older than the 17 that backup app_20261124_020000 was made of; restore into a server of version 17 or later.',
  });
});

test('a server without the backup’s tablespaces is refused', async () => {
  const spread = { ...backup, tablespaces: ['fast', 'pg_default', 'very "fast"'] };
  await expect(readTargetFacts(administered(), spread, [], signal)).rejects.toMatchObject({
    type: 'TargetUnfit',
    message: expect.stringMatching(/lacks the tablespace "fast" and "very "fast"" of backup/) as string,
  });
});

test.each([
  ['collation', { collation: 'xx_XX.utf8' }],
  ['character type', { characterType: 'xx_XX.utf8' }],
])('a server without the locale of the backup’s %s is refused', async (_, lacking) => {
  await expect(readTargetFacts(administered(), { ...backup, ...lacking }, [], signal)).rejects.toMatchObject({
    type: 'TargetUnfit',
    message:
      'Server prod lacks the locale "xx_XX.utf8" of backup app_20261124_020000; install it on its host.',
  });
});

test('a standby is refused', async () => {
  await using standby = await startPostgres({ major: 16 });
  await execa('touch', [join(standby.dataDirectory, 'standby.signal')]);
  await standby.restart();
  await waitUntil('it is a standby', async () => {
    const [row] = await standby.query<{ standby: boolean }>(
      'postgres',
      'SELECT pg_is_in_recovery() AS standby',
    );
    return row?.standby;
  });
  const target = { server: connectionTo(standby), maintenanceDatabase: 'postgres' };
  await expect(readTargetFacts(target, backup, [], signal)).rejects.toMatchObject({
    type: 'TargetUnfit',
    message: expect.stringMatching(/is a standby/) as string,
  });
});
