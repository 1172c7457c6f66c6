import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { TableName } from '../../../src/model/compare-inventories.js';
import { createDatabase } from '../../../src/postgres/create-database.js';
import { restoreArchive } from '../../../src/postgres/pg-restore.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { context, dump, restoreAndCompare, signal, targetOn } from './restored-database.js';

/** A shop whose tables hang together in every way. */
const SHOP = 'the shop';
const inShop = (...names: string[]): TableName[] => names.map((name) => ({ schema: 'public', name }));

async function makeShop(server: PostgresServer): Promise<void> {
  await server.query('postgres', `CREATE DATABASE "${SHOP}"`);
  await server.query(SHOP, await readFile(new URL('shop.sql', import.meta.url), 'utf8'));
}

/** Rows of every table and view of a database; null for a materialized view that was never filled. */
async function readCounts(server: PostgresServer, database: string): Promise<Record<string, number | null>> {
  const relations = await server.query<{ name: string; quoted: string; filled: boolean }>(
    database,
    `SELECT relname AS name, format('%I.%I', nspname, relname) AS quoted, relispopulated AS filled
       FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relkind IN ('r', 'v', 'm') AND nspname IN ('public', 'elsewhere', 'Odd; schema')`,
  );
  const counts: Record<string, number | null> = {};
  for (const { name, quoted, filled } of relations) {
    const [row] = filled
      ? await server.query<{ n: number }>(database, `SELECT count(*)::int AS n FROM ONLY ${quoted}`)
      : [];
    counts[name] = row?.n ?? null;
  }
  return counts;
}

async function readConstraints(server: PostgresServer, database: string): Promise<string[]> {
  const rows = await server.query<{ name: string }>(
    database,
    `SELECT conname AS name FROM pg_constraint WHERE contype IN ('f', 'p') AND connamespace = 'public'::regnamespace ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

describe.each([15, 16, 18])('PostgreSQL %i', (major) => {
  test('single tables come back with what is theirs, and nothing else', async () => {
    await using server = await startPostgres({ major });
    await makeShop(server);
    const directory = await makeScratchDirectory();
    const dumped = await dump(server, SHOP, directory);
    const restore = async (name: string, tables: TableName[]) => {
      const comparison = await restoreAndCompare(
        server,
        dumped,
        targetOn(server, name, name),
        directory,
        tables,
      );
      expect(comparison.differences, name).toEqual([]);
      return { counts: await readCounts(server, name), constraints: await readConstraints(server, name) };
    };

    // Its foreign keys to itself and to a table that is restored as well, not the one to customers; its sequence.
    const orders = await restore('orders', inShop('orders', 'products'));
    expect(orders).toEqual({
      counts: { orders: 30, products: 5, cheap_products: 5 },
      constraints: ['orders_part_of_fkey', 'orders_pkey', 'orders_product_fkey', 'products_pkey'],
    });
    const [next] = await server.query('orders', `INSERT INTO orders (product) VALUES (1) RETURNING id`);
    expect(next).toEqual({ id: 31 });

    // Of one that is partitioned, all partitions; of one partition, that one.
    const events = { events_2024_a: 50, events_2024_rest: 50, events_2025: 100, events_2026: 2 };
    expect((await restore('events', inShop('events'))).counts).toEqual(events);
    expect((await restore('of events', inShop('events_2025'))).counts).toEqual({ events_2025: 100 });

    // Its definition needs products: they are there, empty, and what is computed from them is not.
    const carts = await restore('carts', inShop('carts'));
    expect(carts.counts).toEqual({ carts: 3, products: 0, cheap_products: null });

    const odd = { schema: 'Odd; schema', name: 'a "table"\n215; 1259 16391 TABLE public products postgres' };
    expect((await restore('odd', [odd])).counts).toEqual({ [odd.name]: 7 });
  });
});

test('a table that the backup does not have is named', async () => {
  await using server = await startPostgres({ major: 16 });
  await makeShop(server);
  const directory = await makeScratchDirectory();
  const { facts } = await dump(server, SHOP, directory);
  const target = targetOn(server, 'none', 'none');
  await createDatabase(target, { ...facts, settings: [] }, signal);
  const restoring = restoreArchive(
    target,
    `${directory}/data`,
    {
      jobs: 2,
      programDirectories: [server.binDirectory],
      tables: inShop('orders', 'orderz'),
    },
    context,
  );
  await expect(restoring).rejects.toMatchObject({
    type: 'InvalidArgument',
    message: 'The backup has no table "public"."orderz"; correct it and start again.',
  });
});
