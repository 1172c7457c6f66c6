import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RestoreDatabaseArgument } from '../../../src/model/arguments.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { RestoreResult } from '../../../src/model/restore.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { runCli } from '../client/run-cli.js';

let system: BackupSystem;

beforeAll(async () => {
  system = await startBackupSystem({
    databases: ['shop', 'other'],
    encryption: 'gpg',
    server: { globals: true },
    configuration: { approvals: { provider: 'none' } },
  });
  await system.postgres.query(
    'shop',
    `CREATE TABLE orders (id serial PRIMARY KEY, what text NOT NULL);
     CREATE TABLE notes (order_id int REFERENCES orders, note text);
     INSERT INTO orders (what) SELECT 'thing ' || n FROM generate_series(1, 1000) n;
     INSERT INTO notes SELECT n, 'note ' || n FROM generate_series(1, 500) n`,
  );
  await system.postgres.query(
    'shop',
    `CREATE SCHEMA "Odd"; CREATE TABLE events (n int) PARTITION BY RANGE (n);
     CREATE TABLE events_0 PARTITION OF events FOR VALUES FROM (0) TO (100);
     CREATE TABLE events_1_and_2 PARTITION OF events FOR VALUES FROM (100) TO (300) PARTITION BY RANGE (n);
     CREATE TABLE events_1 PARTITION OF events_1_and_2 FOR VALUES FROM (100) TO (200);
     CREATE TABLE "Odd".events_2 PARTITION OF events_1_and_2 FOR VALUES FROM (200) TO (300);
     INSERT INTO events SELECT generate_series(0, 299)`,
  );
  await system.backUp();
});
afterAll(() => system[Symbol.asyncDispose]());

function restore(argument: Partial<RestoreDatabaseArgument> = {}): Promise<RestoreResult> {
  return system.client.workflow.execute('restoreDatabase', {
    taskQueue: MAIN_QUEUE,
    workflowId: `restore-${randomUUID()}`,
    args: [{ database: 'shop', ...argument }],
  });
}

const databases = async () =>
  (
    await system.postgres.query<{ name: string }>(
      'postgres',
      'SELECT datname AS name FROM pg_database ORDER BY 1',
    )
  ).map(({ name }) => name);
const countOf = async (database: string, table = 'orders') => {
  const [row] = await system.postgres.query<{ n: number }>(
    database,
    `SELECT count(*)::int AS n FROM ${table}`,
  );
  return row!.n;
};

describe('a restore', () => {
  it('beside makes a new database that is what was backed up, and leaves the live one alone', async () => {
    const result = await restore();
    const { database } = result.restored!;
    expect(database).toMatch(/^shop_restored_\d{8}_\d{6}$/);
    expect(result.restored).toMatchObject({ server: 'main', tables: 5, rows: 1800, notes: [] });
    expect(await countOf(database)).toBe(1000);
    expect(await countOf('shop')).toBe(1000);
    expect(await system.listStaging()).toEqual([]);
  });

  it('answers a dry run with what it would do', async () => {
    const before = await databases();
    const { plan, restored } = await restore({ dryRun: true, mode: 'swap' });
    expect(restored).toBeUndefined();
    expect(plan).toMatchObject({
      backup: { database: 'shop', tables: 5, rows: 1800 },
      replaces: { database: 'shop', becomes: expect.stringMatching(/^shop_before_/) as string },
      missing: { roles: [], extensions: [], stagingBytes: 0 },
      lastSeconds: expect.any(Number) as number,
    });
    expect(await databases()).toEqual(before);
  });

  it('of single tables restores these alone', async () => {
    const { restored } = await restore({ tables: ['notes'], into: { database: 'only_notes' } });
    expect(restored).toMatchObject({ database: 'only_notes', tables: 1, rows: 500 });
    const tables = await system.postgres.query(
      'only_notes',
      "SELECT FROM pg_tables WHERE schemaname = 'public'",
    );
    expect(tables).toHaveLength(1);
  });

  it('of a partitioned table restores all its partitions', async () => {
    const { restored } = await restore({ tables: ['events'], into: { database: 'only_events' } });
    expect(restored).toMatchObject({ tables: 3, rows: 300 });
    expect(await countOf('only_events', 'events')).toBe(300);
    expect(await countOf('only_events', '"Odd".events_2')).toBe(100);
  });

  it('never replaces a whole database by single tables of it', async () => {
    const before = await databases();
    await expect(restore({ tables: ['notes'], mode: 'swap' })).rejects.toMatchObject({
      cause: {
        type: 'InvalidArgument',
        message: expect.stringMatching(/ tables: cannot be given with/) as string,
      },
    });
    expect(await databases()).toEqual(before);
    expect(await countOf('shop')).toBe(1000);
  });

  it('refuses at once to replace what it could not rename in the end', async () => {
    await system.postgres.query(
      'other',
      `CREATE SUBSCRIPTION news CONNECTION 'host=127.0.0.1 port=1' PUBLICATION news
         WITH (connect = false, slot_name = 'news');
       ALTER SUBSCRIPTION news ENABLE`,
    );
    await expect(restore({ database: 'other', mode: 'swap', dryRun: true })).rejects.toMatchObject({
      cause: {
        cause: {
          type: 'TargetUnfit',
          message: expect.stringMatching(/has the subscription "news"/) as string,
        },
      },
    });
    await system.postgres.query(
      'other',
      'ALTER SUBSCRIPTION news DISABLE; ALTER SUBSCRIPTION news SET (slot_name = NONE)',
    );
    await system.postgres.query('other', 'DROP SUBSCRIPTION news');
  });

  it('names the roles that the target lacks, and makes them on request', async () => {
    await system.postgres.query('postgres', 'CREATE ROLE keeper NOLOGIN CONNECTION LIMIT 7');
    await system.postgres.query('other', 'CREATE TABLE kept (n int); ALTER TABLE kept OWNER TO keeper');
    await system.backUp();
    await system.postgres.query('other', 'DROP TABLE kept');
    await system.postgres.query('postgres', 'DROP ROLE keeper');

    await expect(restore({ database: 'other' })).rejects.toMatchObject({
      cause: { type: 'TargetUnfit', message: expect.stringMatching(/lacks role keeper; create/) as string },
    });
    const { restored, roles } = await restore({ database: 'other', createRoles: true });
    expect(roles).toEqual({ created: ['keeper'], omittedMemberships: [] });
    const query = `SELECT rolconnlimit AS n, tableowner AS owner
                     FROM pg_roles, pg_tables WHERE rolname = 'keeper' AND tablename = 'kept'`;
    expect(await system.postgres.query(restored!.database, query)).toEqual([{ n: 7, owner: 'keeper' }]);
  });

  it('swapped in replaces a damaged database, and the command that it prints undoes that', async () => {
    await system.postgres.query('shop', 'DELETE FROM notes; UPDATE orders SET what = NULLIF(id, 0)::text');
    const { restored, replaced } = await restore({ mode: 'swap' });
    expect(restored!.database).toBe('shop');
    expect(await countOf('shop', 'notes')).toBe(500);
    expect(await countOf(replaced!.database, 'notes')).toBe(0);

    const [, ...words] = replaced!.undo.split(' ');
    const { exitCode, stdout } = await runCli(
      ['--config', system.configurationFile, ...words, '--yes'],
      system.environment,
    );
    expect(stdout).toContain('Database shop is what it was before');
    expect(exitCode).toBe(0);
    expect(await countOf('shop', 'notes')).toBe(0);
  });
});
