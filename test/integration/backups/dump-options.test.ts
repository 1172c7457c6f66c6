import { expect, test } from 'vitest';
import { renderManifest } from '../../../src/client/render-manifest.js';
import { withSession } from '../../../tools/data/server-session.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { waitUntil } from '../../support/wait-until.js';
import { readDatabaseManifest } from './read-backup.js';

test.concurrent(
  'excluded tables and table data are left out and named, a database’s own list before the server’s',
  async () => {
    await using postgres = await startPostgres();
    for (const database of ['app', 'other']) {
      await postgres.query('postgres', `CREATE DATABASE ${database}`);
      await postgres.query(
        database,
        `CREATE TABLE kept AS SELECT generate_series(1, 3) AS id;
       CREATE TABLE cache AS SELECT generate_series(1, 5) AS id;
       CREATE SCHEMA scratch;
       CREATE TABLE scratch."Of Today" AS SELECT 1 AS id;`,
      );
    }
    await using system = await startBackupSystem({
      databases: [],
      postgres,
      server: {
        databases: ['app', { name: 'other', excludeTableData: [], excludeTables: ['cache'] }],
        excludeTableData: ['public.cache'],
        excludeTables: ['scratch.*'],
      },
    });
    await system.backUp();
    const summarize = async (database: string) => {
      const { tables, excludedTables } = (await readDatabaseManifest(system.store, database)).inventory;
      return { tables: tables.map(({ schema, name, rows }) => [schema, name, rows]), excludedTables };
    };
    expect(await summarize('app')).toEqual({
      tables: [['public', 'kept', 3]],
      excludedTables: [
        { schema: 'public', name: 'cache' },
        { schema: 'scratch', name: 'Of Today' },
      ],
    });
    expect(await summarize('other')).toEqual({
      tables: [
        ['public', 'kept', 3],
        ['scratch', 'Of Today', 1],
      ],
      excludedTables: [{ schema: 'public', name: 'cache' }],
    });
  },
);

test.concurrent('no time limit that a database sets for its sessions ends a long dump', async () => {
  await using postgres = await startPostgres({ major: 18 });
  await postgres.query('postgres', 'CREATE DATABASE app');
  await postgres.query('app', 'CREATE TABLE busy AS SELECT 1 AS id');
  await using system = await startBackupSystem({ databases: ['app'], postgres });
  const backup = await withSession(postgres, 'app', async (session) => {
    await session.query('BEGIN; LOCK TABLE busy IN ACCESS EXCLUSIVE MODE');
    for (const limit of ['statement', 'transaction', 'idle_in_transaction_session', 'idle_session'])
      await postgres.query('postgres', `ALTER DATABASE app SET ${limit}_timeout = '1s'`);
    const started = await system.startBackup('app');
    await waitUntil('the snapshot is older than any limit', async () => {
      const snapshots = await postgres.query(
        'postgres',
        `SELECT FROM pg_stat_activity WHERE datname = 'app' AND application_name = 'temponest-backups'
            AND state = 'idle in transaction' AND now() - xact_start > interval '2 s'`,
      );
      return snapshots.length > 0;
    });
    await session.query('COMMIT');
    return started;
  });
  expect(await backup.result()).toMatchObject({ tables: 1, rows: 1 });
  expect(await system.worker.log()).not.toContain('step failed');
});

test.concurrent('what pg_dump leaves out for lack of privileges is told in the manifest', async () => {
  await using postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE app');
  await postgres.query(
    'app',
    `CREATE TABLE news AS SELECT 1 AS id;
     CREATE SUBSCRIPTION news CONNECTION 'host=nowhere' PUBLICATION news WITH (connect = false)`,
  );
  await postgres.query(
    'postgres',
    `CREATE ROLE modest LOGIN PASSWORD '${postgres.password}' IN ROLE pg_read_all_data, pg_monitor`,
  );
  await using system = await startBackupSystem({ databases: ['app'], postgres, server: { user: 'modest' } });
  await system.backUp();
  const manifest = await readDatabaseManifest(system.store, 'app');
  expect(manifest.warnings).toEqual([expect.stringContaining('subscriptions not dumped')]);
  expect(renderManifest(manifest)).toMatch(/^Warnings +subscriptions not dumped/m);
  expect(await system.worker.log()).toContain('pg_dump warned');
});
