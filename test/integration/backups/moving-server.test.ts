import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { dumpWithInventory } from '../../../src/postgres/dump-with-inventory.js';
import { withSession } from '../../../tools/data/server-session.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';

const signal = new AbortController().signal;

async function startServer(tables: string): Promise<PostgresServer> {
  const postgres = await startPostgres();
  onTestFinished(() => postgres[Symbol.asyncDispose]());
  await postgres.query('postgres', 'CREATE DATABASE app');
  await postgres.query('app', tables);
  return postgres;
}

async function dump(
  { host, port, user, password, binDirectory }: PostgresServer,
  exclude: { excludeTables?: string[]; excludeTableData?: string[] } = {},
) {
  return await dumpWithInventory(
    { name: 'main', host, port, user, password, sslmode: 'disable' },
    'app',
    join(await makeScratchDirectory(), 'dump'),
    {
      ...{ jobs: 2, lockWaitTimeoutSeconds: 60, excludeTables: [], excludeTableData: [] },
      programDirectories: [binDirectory],
      ...exclude,
    },
    { signal, onProgress: () => undefined },
  );
}

const twoTables = `CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, 50) AS n;
  CREATE TABLE customers AS TABLE orders;`;

test.each([
  { what: 'rewritten', change: 'ALTER TABLE orders ALTER id TYPE bigint' },
  { what: 'emptied and filled', change: 'TRUNCATE orders; INSERT INTO orders VALUES (1)' },
  {
    what: 'replaced',
    change: 'CREATE TABLE fresh AS TABLE orders; DROP TABLE orders; ALTER TABLE fresh RENAME TO orders',
  },
  {
    what: 'exchanged',
    change: `CREATE SCHEMA aside; ALTER TABLE orders SET SCHEMA aside; ALTER TABLE customers RENAME TO orders;
      ALTER TABLE aside.orders RENAME TO customers; ALTER TABLE aside.customers SET SCHEMA public`,
  },
])(
  'a table that is $what while pg_dump waits for it is not passed off as what it was',
  async ({ change }) => {
    const postgres = await startServer(twoTables);
    const dumped = await withSession(postgres, 'app', async (session) => {
      await session.query(`BEGIN; ${change}`);
      const dumping = dump(postgres).catch((error: unknown) => error);
      await waitUntil('pg_dump waits for the lock', async () => {
        const [waiting] = await postgres.query('app', 'SELECT FROM pg_locks WHERE NOT granted');
        return waiting !== undefined;
      });
      await session.query('COMMIT');
      return dumping;
    });
    expect(dumped).toMatchObject({
      type: 'DumpImplausible',
      message: expect.stringContaining('was rewritten or replaced') as string,
    });
    expect((await dump(postgres)).inventory.tables.map(({ name }) => name)).toEqual(['customers', 'orders']);
  },
);

test('tables that somebody always waits to lock are dumped all the same', async () => {
  const postgres = await startServer(
    `CREATE TABLE queue AS SELECT 1 AS id;
     CREATE TABLE one AS SELECT repeat(md5(n::text), 20) AS text FROM generate_series(1, 50000) AS n;
     CREATE TABLE two AS TABLE one;`,
  );
  const until = new AbortController();
  const locking = withSession(postgres, 'app', async (session) => {
    while (!until.signal.aborted) await session.query('BEGIN; LOCK TABLE queue; COMMIT');
  });
  try {
    const { inventory } = await dump(postgres);
    expect(inventory.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['one', 50_000],
      ['queue', 1],
      ['two', 50_000],
    ]);
  } finally {
    until.abort();
    await locking;
  }
});

test('a standby is backed up, its unlogged tables named as left out', async () => {
  const postgres = await startServer(`${twoTables} CREATE UNLOGGED TABLE cache AS TABLE orders`);
  await writeFile(join(postgres.dataDirectory, 'standby.signal'), '');
  await postgres.restart();
  const { server, inventory } = await dump(postgres);
  expect(server.inRecovery).toBe(true);
  expect(inventory.tables.map(({ name, rows }) => [name, rows])).toEqual([
    ['customers', 50],
    ['orders', 50],
  ]);
  expect(inventory.excludedTables).toEqual([{ schema: 'public', name: 'cache' }]);
});

test('a table whose rows belong to an extension, so that no dump holds them, is named as left out', async () => {
  const postgres = await startServer(
    `${twoTables} CREATE TABLE given AS TABLE orders; ALTER EXTENSION plpgsql ADD TABLE given`,
  );
  const { inventory } = await dump(postgres);
  expect(inventory.tables.map(({ name }) => name)).toEqual(['customers', 'orders']);
  expect(inventory.excludedTables).toEqual([{ schema: 'public', name: 'given' }]);
});

test('what is excluded may not be what the rest needs to be restored', async () => {
  const postgres = await startServer(
    `CREATE TABLE cache (id int PRIMARY KEY);
     CREATE TABLE uses (id int REFERENCES cache);
     CREATE TABLE parent (id int);
     CREATE TABLE child () INHERITS (parent);
     CREATE TABLE events (id int) PARTITION BY LIST (id);
     CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
     CREATE TABLE alone (id int);`,
  );
  const refused = (needs: string) => ({
    type: 'InvalidConfiguration',
    message: expect.stringContaining(needs) as string,
  });
  const excluding = (...excludeTables: string[]) => dump(postgres, { excludeTables });
  await expect(excluding('cache')).rejects.toMatchObject(refused('public.uses needs public.cache'));
  await expect(dump(postgres, { excludeTableData: ['cache'] })).rejects.toMatchObject(
    refused('public.cache'),
  );
  await expect(excluding('parent')).rejects.toMatchObject(refused('public.child needs public.parent'));
  await expect(excluding('events')).rejects.toMatchObject(refused('public.events_1 needs public.events'));
  const { inventory } = await excluding('cache', 'uses', 'alone', 'child', 'events_1');
  expect(inventory.tables.map(({ name }) => name)).toEqual(['parent']);
});
