import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seedEmptyDatabases } from '../../tools/data/seed-empty-databases.js';
import { seedManySmallDatabases } from '../../tools/data/seed-many-small-databases.js';
import { seedTempoNest } from '../../tools/data/seed-temponest.js';
import { startPostgres, type PostgresServer } from '../../tools/servers/postgres.js';
import { expectedRows } from '../support/awkward-databases.js';

const owners = {
  agentic: 'temponest',
  approvals: 'temponest',
  langfuse: 'langfuse',
  saas_console: 'console',
  temporal: 'temporal',
  temporal_visibility: 'temporal',
};
const names = Object.keys(owners);

/** What is empty on a real server too, most of the time. */
const emptyTables = ['public.audit_log_other', 'public.buffered_events', 'public.custom_search_attributes'];

let server: PostgresServer;
let dumps: string;

beforeAll(async () => {
  dumps = await mkdtemp(join(tmpdir(), 'temponest-dumps-'));
  server = await startPostgres();
});

afterAll(async () => {
  await server.stop();
  await rm(dumps, { recursive: true });
});

/** Dumps a database uncompressed into a directory of its own. */
async function dump(from: PostgresServer, database: string): Promise<string> {
  const directory = await mkdtemp(join(dumps, 'dump-'));
  const dbname = `dbname='${database.replaceAll(/['\\]/g, '\\$&')}'`;
  const { host, port, user, password } = from;
  await execa(
    join(from.binDirectory, 'pg_dump'),
    ['--format=directory', '--compress=0', `--file=${directory}`, `--dbname=${dbname}`],
    { env: { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password } },
  );
  return directory;
}

async function sizeOf(directory: string): Promise<number> {
  const files = await readdir(directory);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function countRows(address: PostgresServer, database: string): Promise<number> {
  const counts = await expectedRows(address, database);
  return [...counts.values()].reduce((sum, rows) => sum + rows, 0);
}

describe('TempoNest’s databases at the default scale', () => {
  beforeAll(() => seedTempoNest(server));

  test('belong to their owners, and so does everything in them', async () => {
    const databases = await server.query<{ name: string; owner: string }>(
      'postgres',
      'SELECT datname AS name, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = ANY ($1)',
      [names],
    );
    expect(Object.fromEntries(databases.map(({ name, owner }) => [name, owner]))).toEqual(owners);
    for (const { name, owner } of databases) {
      const others = await server.query(
        name,
        `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) <> $1`,
        [owner],
      );
      expect(others).toEqual([]);
    }
  });

  test.each(names)('%s has rows in its tables, which readonly may read', async (name) => {
    const empty = [...(await expectedRows(server, name))].filter(([, rows]) => rows === 0);
    expect(emptyTables).toEqual(expect.arrayContaining(empty.map(([table]) => table)));
    const unreadable = await server.query(
      name,
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
         AND NOT has_table_privilege('readonly', oid, 'SELECT')`,
    );
    expect(unreadable).toEqual([]);
  });

  test('keep nothing of the scaffolding', async () => {
    expect(await server.query('langfuse', `SELECT FROM pg_namespace WHERE nspname = 'seeding'`)).toEqual([]);
    expect(
      await server.query('postgres', `SELECT datname FROM pg_database WHERE datname LIKE '%seeding'`),
    ).toEqual([]);
  });

  test('dump to 0.05 GiB, mostly langfuse, and compress about 4:1', async () => {
    const directories = await Promise.all(names.map((name) => dump(server, name)));
    const sizes = await Promise.all(directories.map(sizeOf));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    expect(Math.abs(bytes / (0.05 * 2 ** 30) - 1)).toBeLessThan(0.15);
    expect(Math.abs(sizes[names.indexOf('langfuse')]! / bytes - 0.75)).toBeLessThan(0.05);

    const archive = join(dumps, 'all.tar.zst');
    await execa('tar', ['--create', '--use-compress-program=zstd -3', `--file=${archive}`, ...directories]);
    const ratio = bytes / (await stat(archive)).size;
    expect(ratio).toBeGreaterThan(3.5);
    expect(ratio).toBeLessThan(5);
  });

  test('are not made over databases that exist', async () => {
    await expect(seedTempoNest(server)).rejects.toMatchObject({ code: '42P04' });
    expect(await server.query('postgres', `SELECT FROM pg_database WHERE datname LIKE '%seeding'`)).toEqual(
      [],
    );
  });
});

test('the same rows are made each time', async () => {
  const digestOfNewServer = async (): Promise<unknown> => {
    await using own = await startPostgres();
    await seedTempoNest(own, { scaleGiB: 0.001 });
    return await Promise.all([
      own.query('langfuse', `SELECT md5(string_agg(o::text, ',' ORDER BY id)) FROM observations AS o`),
      own.query('saas_console', `SELECT md5(string_agg(s::text, ',' ORDER BY token)) FROM sessions AS s`),
    ]);
  };
  expect(await digestOfNewServer()).toEqual(await digestOfNewServer());
});

test('a very small scale still leaves a hundred rows in every database', async () => {
  await using own = await startPostgres();
  await seedTempoNest(own, { scaleGiB: 0.0001 });
  for (const name of names) expect(await countRows(own, name), name).toBeGreaterThanOrEqual(100);
});

describe('Databases for measuring orchestration', () => {
  test('are TempoNest’s six without tables', async () => {
    await using own = await startPostgres();
    await seedEmptyDatabases(own);
    for (const name of names) expect(await expectedRows(own, name)).toEqual(new Map());
  });

  test('are as many as asked for, with two small tables each', async () => {
    const made = await seedManySmallDatabases(server, 12);
    expect(made).toHaveLength(12);
    for (const name of made) {
      expect(await expectedRows(server, name)).toEqual(
        new Map([
          ['public.events', 200],
          ['public.tenants', 20],
        ]),
      );
    }
  });
});
