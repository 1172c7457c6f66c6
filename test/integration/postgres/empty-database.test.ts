import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropEmptyDatabase, isEmptyDatabase } from '../../../src/postgres/empty-database.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { connectionTo, signal } from './restored-database.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const target = () => ({ server: connectionTo(server), maintenanceDatabase: 'postgres' });
const isThere = async (name: string) =>
  (await server.query('postgres', 'SELECT FROM pg_database WHERE datname = $1', [name])).length === 1;

test('an empty database is dropped', async () => {
  await server.query('postgres', 'CREATE DATABASE "never used"');
  expect(await dropEmptyDatabase(target(), 'never used', signal)).toBe(true);
  expect(await isThere('never used')).toBe(false);
});

test.each([
  ['table', 'CREATE TABLE t (n int)'],
  ['large object', 'SELECT lo_create(0)'],
  ['extension', 'CREATE EXTENSION citext'],
  ['function', `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`],
])('one in which somebody has made a %s stays', async (what, sql) => {
  await server.query('postgres', `CREATE DATABASE "with a ${what}"`);
  expect(await isEmptyDatabase(target(), `with a ${what}`, signal)).toBe(true);
  await server.query(`with a ${what}`, sql);
  expect(await dropEmptyDatabase(target(), `with a ${what}`, signal)).toBe(false);
  expect(await isThere(`with a ${what}`)).toBe(true);
});
