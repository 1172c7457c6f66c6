import { afterAll, beforeAll, expect, test } from 'vitest';
import { withConnection } from '../../../src/postgres/connection.js';
import { readMentionedRoles } from '../../../src/postgres/mentioned-roles.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { connectionTo, signal } from './restored-database.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
  await server.query('postgres', 'CREATE ROLE app; CREATE ROLE reader; CREATE ROLE stranger');
});
afterAll(() => server.stop());

async function rolesOf(database: string, sql: string): Promise<string[]> {
  await server.query('postgres', `CREATE DATABASE "${database}" OWNER app`);
  await server.query(database, sql);
  return withConnection(connectionTo(server), database, signal, readMentionedRoles);
}

/** Nothing in the database but what is said here is the first superuser's. */
const ownTable = 'CREATE TABLE t (n int); ALTER TABLE t OWNER TO app;';

test.each([
  ['owns a table', 'CREATE TABLE owned ()'],
  ['owns a schema', 'CREATE SCHEMA audit'],
  ['owns a function', `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`],
  ['owns a type', `CREATE TYPE mood AS ENUM ('good')`],
  ['owns a large object', 'SELECT lo_create(0)'],
  ['has default privileges', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader'],
  ['is granted something', 'GRANT SELECT ON t TO postgres'],
])('the first superuser is among them when it %s', async (what, sql) => {
  expect(await rolesOf(what, `${ownTable} ${sql}`)).toContain('postgres');
});

test('it is not for what an extension brings, nor are roles that nothing mentions', async () => {
  const sql = `${ownTable} GRANT SELECT ON t TO reader; REVOKE ALL ON t FROM app;
               CREATE EXTENSION pg_stat_statements; CREATE EXTENSION hstore`;
  expect(await rolesOf('extensions', sql)).toEqual(['app', 'reader']);
});
