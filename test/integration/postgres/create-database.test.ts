import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completeDatabase, createDatabase } from '../../../src/postgres/create-database.js';
import { withConnection } from '../../../src/postgres/connection.js';
import { readDatabaseFacts } from '../../../src/postgres/database-facts.js';
import { applyPrivileges } from '../../../src/postgres/database-privileges.js';
import { dropUnfinished } from '../../../src/postgres/drop-database.js';
import { restoreArchive } from '../../../src/postgres/pg-restore.js';
import { markerOf, provisionalName } from '../../../src/postgres/restore-target.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import { connectionTo, context, dump, signal, targetOn } from './restored-database.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ major: 16, settings: { allow_in_place_tablespaces: 'on' } });
});
afterAll(() => server.stop());

const properties = {
  encoding: 'UTF8',
  collation: 'C.UTF-8',
  characterType: 'C.UTF-8',
  localeProvider: 'libc' as const,
  locale: null,
  owner: 'postgres',
  settings: [],
};
const target = (database: string, restoreId = `restore of ${database}`) =>
  targetOn(server, database, restoreId);

async function connect(database: string): Promise<Client> {
  const { host, port, user, password } = server;
  const client = new Client({ host, port, user, password, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function oidOf(database: string): Promise<number | undefined> {
  const [row] = await server.query<{ oid: number }>(
    'postgres',
    'SELECT oid::int AS oid FROM pg_database WHERE datname = $1',
    [database],
  );
  return row?.oid;
}

async function commentOf(database: string): Promise<string | null | undefined> {
  const [row] = await server.query<{ comment: string | null }>(
    'postgres',
    `SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1`,
    [database],
  );
  return row?.comment;
}

describe('a retry', () => {
  test('begins anew, ending whoever is in what the earlier attempt made', async () => {
    const again = target('begun again');
    await createDatabase(again, properties, signal);
    const inside = await connect(again.database);
    await inside.query('CREATE TABLE half ()');
    await createDatabase(again, properties, signal);
    expect(await server.query(again.database, `SELECT FROM pg_class WHERE relname = 'half'`)).toEqual([]);
    await expect(inside.query('SELECT 1')).rejects.toThrow();
  });

  test('finds what a crash left between making and naming', async () => {
    const crashed = target('crashed');
    await server.query('postgres', `CREATE DATABASE ${provisionalName(crashed.restoreId)}`);
    await createDatabase(crashed, properties, signal);
    expect(await oidOf(provisionalName(crashed.restoreId))).toBeUndefined();
    expect(await oidOf('crashed')).toBeDefined();
  });

  test('finds it under another name as well', async () => {
    const renamed = target('renamed away');
    await createDatabase(renamed, properties, signal);
    await server.query('postgres', 'ALTER DATABASE "renamed away" RENAME TO "kept aside"');
    expect(await dropUnfinished(renamed, signal)).toEqual(['kept aside']);
    expect(await dropUnfinished(renamed, signal)).toEqual([]);
  });
});

test('one that is cancelled is not made behind the back of whoever clears up', async () => {
  const cancelled = target('cancelled');
  // CREATE DATABASE waits for its template.
  const person = await connect('postgres');
  await person.query(`BEGIN; COMMENT ON DATABASE template0 IS 'in use'`);
  const cancel = new AbortController();
  const creating = createDatabase(cancelled, properties, cancel.signal).catch((error: unknown) => error);
  const creators = (state: string) =>
    server.query(
      'postgres',
      `SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE "temponest%' AND ${state}`,
    );
  await waitUntil('it waits', async () => (await creators(`wait_event_type = 'Lock'`)).length === 1);
  cancel.abort(new Error('cancelled'));
  expect(await creating).toEqual(new Error('cancelled'));
  expect(await dropUnfinished(cancelled, signal)).toEqual([]);
  await person.query('ROLLBACK');
  await person.end();
  await waitUntil('its session is gone', async () => (await creators('true')).length === 0);
  expect(await oidOf(provisionalName(cancelled.restoreId))).toBeUndefined();
});

describe("somebody else's database", () => {
  test('is not touched when it has the name that is wanted', async () => {
    await server.query('postgres', 'CREATE DATABASE taken');
    const oid = await oidOf('taken');
    const refused = { type: 'TargetExists', message: expect.stringMatching(/"taken" already/) as string };
    await expect(createDatabase(target('taken'), properties, signal)).rejects.toMatchObject(refused);
    expect(await dropUnfinished(target('taken'), signal)).toEqual([]);
    expect(await oidOf('taken')).toBe(oid);
  });

  test('is not touched when it takes the name in the same moment', async () => {
    const person = await connect('postgres');
    await person.query('CREATE DATABASE "other name"');
    await person.query('BEGIN; ALTER DATABASE "other name" RENAME TO "wanted by two"');
    const creating = createDatabase(target('wanted by two'), properties, signal);
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%wanted by two%'`;
    const ended = expect(creating).rejects.toThrow(/duplicate key/);
    await waitUntil('it waits', async () => (await server.query('postgres', waiting)).length > 0);
    await person.query('COMMIT');
    await ended;
    await person.end();
    const again = createDatabase(target('wanted by two'), properties, signal);
    await expect(again).rejects.toMatchObject({ type: 'TargetExists' });
    // What the first one had made is gone by then.
    expect(await dropUnfinished(target('wanted by two'), signal)).toEqual([]);
    expect(await oidOf('wanted by two')).toBeDefined();
  });

  test('of another restore is not touched', async () => {
    await createDatabase(target('of another', 'other restore'), properties, signal);
    await expect(
      createDatabase(target('of another', 'this restore'), properties, signal),
    ).rejects.toMatchObject({ type: 'TargetExists' });
    expect(await dropUnfinished(target('of another', 'this restore'), signal)).toEqual([]);
    expect(await oidOf('of another')).toBeDefined();
  });

  test('is what a complete one is', async () => {
    const complete = target('complete');
    await createDatabase(complete, { ...properties, comment: "it's of\ntwo lines" }, signal);
    await completeDatabase(complete, signal);
    await completeDatabase(complete, signal);
    expect(await commentOf('complete')).toBe("it's of\ntwo lines");
    expect(await dropUnfinished(complete, signal)).toEqual([]);
    expect(await oidOf('complete')).toBeDefined();
  });
});

test('whoever sees an unfinished database is told what it is', async () => {
  const unfinished = target('unfinished');
  await createDatabase(unfinished, properties, signal);
  expect(await commentOf('unfinished')).toBe(markerOf(unfinished.restoreId));
});

test('tablespaces are kept, and named where they are not', async () => {
  await server.query('postgres', `CREATE TABLESPACE "fast; one" LOCATION ''`);
  await server.query('postgres', `CREATE TABLESPACE other LOCATION ''`);
  await server.query('postgres', 'CREATE DATABASE "on fast" TABLESPACE "fast; one"');
  await server.query('on fast', 'CREATE TABLE t () TABLESPACE other');
  const facts = await withConnection(connectionTo(server), 'on fast', signal, readDatabaseFacts);
  expect(facts).toMatchObject({ tablespace: 'fast; one', tablespaces: ['fast; one', 'other'] });
  await createDatabase(target('on fast again'), { ...facts, settings: [] }, signal);
  const [row] = await server.query(
    'postgres',
    `SELECT spcname AS name FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace WHERE datname = 'on fast again'`,
  );
  expect(row).toEqual({ name: 'fast; one' });
  const elsewhere = { ...properties, tablespace: 'nowhere' };
  await expect(createDatabase(target('nowhere'), elsewhere, signal)).rejects.toMatchObject({
    type: 'TargetUnfit',
    message: expect.stringMatching(/tablespace "nowhere" does not exist/) as string,
  });
});

test.each<[string, Partial<typeof properties>, RegExp]>([
  ['role', { owner: 'nobody-here' }, /role "nobody-here" does not exist; make the target/],
  ['locale', { collation: 'xx_XX', characterType: 'xx_XX' }, /invalid LC_COLLATE locale name: "xx_XX"/],
])('a %s that the server lacks is named', async (title, lacking, message) => {
  await expect(createDatabase(target(title), { ...properties, ...lacking }, signal)).rejects.toMatchObject({
    type: 'TargetUnfit',
    message: expect.stringMatching(message) as string,
  });
  expect(await oidOf(title)).toBeUndefined();
});

test('a name that PostgreSQL would cut is refused, one that just fits is not', async () => {
  const longest = 'ü'.repeat(31) + 'x';
  await createDatabase(target(longest), properties, signal);
  expect(await oidOf(longest)).toBeDefined();
  await expect(createDatabase(target(longest + 'y'), properties, signal)).rejects.toMatchObject({
    type: 'InvalidArgument',
    message: expect.stringMatching(/longer than the 63 bytes/) as string,
  });
});

test('grants are made again by who made them', async () => {
  const granted = target('granted');
  await server.query('postgres', `CREATE ROLE "The Owner"; CREATE ROLE "mid; dle"; CREATE ROLE "last""one"`);
  await server.query('postgres', 'CREATE DATABASE original OWNER "The Owner"');
  await server.query(
    'postgres',
    `GRANT CONNECT, TEMPORARY ON DATABASE original TO "mid; dle" WITH GRANT OPTION;
     REVOKE TEMPORARY ON DATABASE original FROM PUBLIC`,
  );
  await server.query('postgres', `SET ROLE "mid; dle"; GRANT TEMPORARY ON DATABASE original TO "last""one"`);
  const aclOf = `SELECT datacl::text[] AS acl FROM pg_database WHERE datname = $1`;
  const [original] = await server.query<{ acl: string[] }>('postgres', aclOf, ['original']);
  await createDatabase(granted, { ...properties, owner: 'The Owner' }, signal);
  const wanted = { owner: 'The Owner', privileges: original!.acl, connectionLimit: 3 };
  await applyPrivileges(granted, wanted, signal);
  expect(await server.query('postgres', aclOf, ['granted'])).toEqual([original]);

  const closed = target('closed');
  await createDatabase(closed, properties, signal);
  await applyPrivileges(closed, { owner: 'postgres', privileges: [], connectionLimit: -1 }, signal);
  expect(await server.query('postgres', aclOf, ['closed'])).toEqual([{ acl: [] }]);
});

test('settings are there while the data comes back, and none of them disturbs it', async () => {
  await server.query('postgres', 'CREATE DATABASE demanding');
  await server.query(
    'demanding',
    `CREATE TABLE plain AS SELECT generate_series(1, 100) AS n;
     SET app.rows = '7';
     CREATE MATERIALIZED VIEW asking AS SELECT n FROM plain WHERE n <= current_setting('app.rows')::int;
     CREATE MATERIALIZED VIEW local AS SELECT extract(hour FROM timestamptz '2024-01-01 00:00+00')::int AS hour`,
  );
  const directory = await makeScratchDirectory();
  const { facts } = await dump(server, 'demanding', directory);
  const restored = target('demanding again');
  const settings = [
    'app.rows=7',
    'TimeZone=Asia/Tokyo',
    'default_transaction_read_only=on',
    'statement_timeout=1ms',
    'idle_session_timeout=1ms',
  ];
  await createDatabase(
    restored,
    { ...facts, settings: settings.map((setting) => ({ role: null, setting })) },
    signal,
  );
  const options = { jobs: 2, programDirectories: [server.binDirectory] };
  await restoreArchive(restored, join(directory, 'data'), options, context);
  await server.query('postgres', `ALTER DATABASE ${escapeIdentifier(restored.database)} RESET ALL`);
  expect(await server.query(restored.database, 'SELECT count(*)::int AS n FROM asking')).toEqual([{ n: 7 }]);
  expect(await server.query(restored.database, 'SELECT hour FROM local')).toEqual([{ hour: 9 }]);
});

test('a restored subscription is dropped without its slot on the publisher', async () => {
  await using publisher = await startPostgres({ major: 16, settings: { wal_level: 'logical' } });
  await publisher.query('postgres', `SELECT pg_create_logical_replication_slot('news', 'pgoutput')`);
  const subscribed = target('subscribed');
  await createDatabase(subscribed, properties, signal);
  const connection = `host=127.0.0.1 port=${publisher.port} user=postgres password=${publisher.password} dbname=postgres`;
  await server.query(
    subscribed.database,
    `CREATE SUBSCRIPTION "the news" CONNECTION '${connection}' PUBLICATION news
       WITH (connect = false, slot_name = 'news')`,
  );
  expect(await dropUnfinished(subscribed, signal)).toEqual(['subscribed']);
  expect(await publisher.query('postgres', 'SELECT slot_name FROM pg_replication_slots')).toEqual([
    { slot_name: 'news' },
  ]);
});
