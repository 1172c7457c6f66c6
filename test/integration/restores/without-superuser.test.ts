import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Configuration } from '../../../src/config/schema.js';
import type { RestoreDatabaseArgument } from '../../../src/model/arguments.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { restoreDatabase } from '../../../src/workflows/index.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { failureOf } from '../../support/workflow-failure.js';

/** A database: who owns it, and what is in it. */
type Databases = Record<string, { owner?: string; content: string }>;

/** A system with backups that the superuser has made, and a worker that restores as the role `keeper`. */
async function startKeepersSystem(major: number, databases: Databases): Promise<BackupSystem> {
  const postgres = await startPostgres({ major });
  const password = crypto.randomUUID();
  const dispose = async (system?: BackupSystem) => {
    await system?.[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  };
  let system: BackupSystem | undefined;
  try {
    await postgres.query(
      'postgres',
      `CREATE ROLE keeper LOGIN CREATEDB PASSWORD '${password}'; CREATE ROLE reader; CREATE ROLE stranger`,
    );
    for (const [name, { owner = 'keeper', content }] of Object.entries(databases)) {
      await postgres.query('postgres', `CREATE DATABASE ${name} OWNER ${owner}`);
      await postgres.query(name, content);
    }
    const configuration = { approvals: { provider: 'none' } };
    system = await startBackupSystem({ databases: Object.keys(databases), postgres, configuration });
    await system.backUp();
    await system.worker.stop();
    const changed = parse(await readFile(system.configurationFile, 'utf8')) as Configuration;
    changed.servers[0]!.user = 'keeper';
    await writeFile(system.configurationFile, stringify(changed));
    await writeFile(join(system.scratch, 'postgres-password'), password);
    await system.worker.start();
  } catch (error) {
    await dispose(system);
    throw error;
  }
  return { ...system, [Symbol.asyncDispose]: () => dispose(system) };
}

const restore = ({ client }: BackupSystem, argument: Partial<RestoreDatabaseArgument> = {}) =>
  client.workflow.start<typeof restoreDatabase>('restoreDatabase', {
    taskQueue: MAIN_QUEUE,
    workflowId: `restore-${crypto.randomUUID()}`,
    args: [{ database: 'shop', ...argument }],
  });

const KEEPERS_OWN = `SET ROLE keeper;
  CREATE TABLE orders (id serial PRIMARY KEY, what text); COMMENT ON TABLE orders IS 'all of them';
  INSERT INTO orders (what) SELECT n::text FROM generate_series(1, 100) n;
  CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
  CREATE MATERIALIZED VIEW few AS SELECT * FROM orders WHERE one() = id;
  SELECT lo_from_bytea(0, 'a large object');
  GRANT SELECT ON orders TO reader; GRANT CONNECT ON DATABASE shop TO reader;
  COMMENT ON DATABASE shop IS 'the shop'; ALTER DATABASE shop SET work_mem = '8MB';`;

// Trusted extensions are whoever's who may create in the database. Only the system's own PostgreSQL has any.
test.each([
  [15, 'CREATE EXTENSION hstore'],
  [18, ''],
])(
  'PostgreSQL %i: the owner of a database who may make databases restores and swaps it',
  async (major, more) => {
    await using system = await startKeepersSystem(major, { shop: { content: `${KEEPERS_OWN} ${more}` } });
    const { restored } = await (await restore(system)).result();
    expect(restored).toMatchObject({ rows: 100, notes: [] });
    const { replaced } = await (await restore(system, { mode: 'swap' })).result();
    const query = `SELECT pg_get_userbyid(datdba) AS owner, has_database_privilege('reader', oid, 'CONNECT') AS reads
                   FROM pg_database WHERE datname = ANY ($1)`;
    const names = ['shop', restored!.database, replaced!.database];
    expect(await system.postgres.query('postgres', query, [names])).toEqual(
      names.map(() => ({ owner: 'keeper', reads: true })),
    );
  },
);

test('what a user who is no superuser may not make is said in one sentence, and nothing of it stays', async () => {
  await using system = await startKeepersSystem(15, {
    shop: { content: KEEPERS_OWN },
    foreign_database: { owner: 'stranger', content: '' },
    linked: { content: 'CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; CREATE EXTENSION hstore' },
    foreign_table: { content: 'CREATE TABLE theirs (n int); ALTER TABLE theirs OWNER TO stranger' },
  });
  const { postgres } = system;
  const listDatabases = () => postgres.query('postgres', 'SELECT datname FROM pg_database ORDER BY 1');
  const before = await listDatabases();
  const refusal = async (argument: Partial<RestoreDatabaseArgument>) => {
    const { type, message } = await failureOf(await restore(system, argument));
    expect(await listDatabases()).toEqual(before);
    return `${type}: ${message}`;
  };

  expect(await refusal({ database: 'foreign_database', dryRun: true })).toMatch(
    /^PermissionDenied: The user keeper of server main is no member of the role stranger, which the database of backup foreign_database_\S+ belongs to; run GRANT "stranger" TO "keeper", or restore as a superuser\.$/,
  );
  expect(await refusal({ database: 'linked', dryRun: true })).toMatch(
    /^PermissionDenied: The user keeper of server main may not make the extensions dblink, postgres_fdw of backup linked_\S+; have a superuser restore it\.$/,
  );
  // Who owns what in a database is found out as it is made.
  expect(await refusal({ database: 'foreign_table' })).toMatch(
    /^PermissionDenied: The user keeper of server main may not make all that "foreign_table_restored_\w+" holds \(must be member of role "stranger"\); restore as a superuser, or grant what is missing\.$/,
  );
  await postgres.query('postgres', 'ALTER ROLE keeper NOCREATEDB');
  expect(await refusal({ dryRun: true })).toBe(
    'PermissionDenied: The user keeper of server main may not make databases; run ALTER ROLE "keeper" CREATEDB, or restore as a superuser.',
  );
});
