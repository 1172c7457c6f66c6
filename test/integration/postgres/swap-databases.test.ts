import { Client, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withConnection } from '../../../src/postgres/connection.js';
import { createDatabase } from '../../../src/postgres/create-database.js';
import { readDatabaseFacts } from '../../../src/postgres/database-facts.js';
import { dropUnfinished } from '../../../src/postgres/drop-database.js';
import { swapDatabases, type Swap } from '../../../src/postgres/swap-databases.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { waitUntil } from '../../support/wait-until.js';
import { connectionTo, signal, targetOn } from './restored-database.js';

let server: PostgresServer;
const swap = (names: Swap) =>
  swapDatabases({ server: connectionTo(server), maintenanceDatabase: 'postgres' }, names, signal);

beforeAll(async () => {
  server = await startPostgres({
    major: 16,
    settings: { max_prepared_transactions: '2', wal_level: 'logical' },
  });
});
afterAll(() => server.stop());

async function makeDatabase(name: string): Promise<void> {
  await server.query('postgres', `CREATE DATABASE ${escapeIdentifier(name)}`);
  await server.query(name, 'CREATE TABLE contents (it text)');
  await server.query(name, 'INSERT INTO contents VALUES ($1)', [name]);
}

/** Names of databases, the first two of which are there. */
async function makeDatabases(prefix: string): Promise<{ there: Swap; back: Swap }> {
  const live = `${prefix} "live"`;
  const there = { live, replacement: `${prefix} new`, becomes: `${prefix} before` };
  await makeDatabase(there.live);
  await makeDatabase(there.replacement);
  return { there, back: { live, replacement: there.becomes, becomes: `${prefix} undone` } };
}

async function connect(database: string): Promise<Client> {
  const { host, port, user, password } = server;
  const client = new Client({ host, port, user, password, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function contentsOf(name: string): Promise<string | undefined> {
  const [row] = await server.query<{ it: string }>(name, 'SELECT it FROM contents');
  return row?.it;
}

/** Connects again and again, and stays a while: `answers` is what it was told. */
function hammer(database: string) {
  const answers: string[] = [];
  let isStopped = false;
  const work = async () => {
    while (!isStopped) {
      try {
        const client = await connect(database);
        for (let n = 0; n < 20 && !isStopped; n += 1) {
          const { rows } = await client.query<{ it: string }>('SELECT it FROM contents, pg_sleep(0.005)');
          answers.push(rows[0]!.it);
        }
        await client.end();
      } catch (error) {
        answers.push((error as { code?: string }).code ?? 'connection lost');
      }
    }
  };
  const done = Promise.all([work(), work(), work(), work()]);
  const stop = async () => {
    isStopped = true;
    await done;
  };
  return { answers, stop };
}

test('a database is swapped under its clients, and back', async () => {
  const { there, back } = await makeDatabases('busy');
  const idle = await connect(there.live);
  await idle.query('BEGIN; DELETE FROM contents');
  const clients = hammer(there.live);
  const next = (it: string) => {
    const from = clients.answers.length;
    return waitUntil(`clients read "${it}"`, () => clients.answers.slice(from).includes(it));
  };
  await next(there.live);
  await swap(there);
  await next(there.replacement);
  await swap(back);
  await next(there.live);
  await clients.stop();

  // Ended, or told that it does not exist while one waited for the other's name; nobody was ever in a wrong database.
  const codes = new Set(clients.answers);
  codes.delete(there.live);
  codes.delete(there.replacement);
  expect([...codes].filter((code) => !['57P01', '3D000', 'connection lost'].includes(code))).toEqual([]);
  expect(await contentsOf(there.live)).toBe(there.live);
  expect(await contentsOf(back.becomes)).toBe(there.replacement);
  await idle.end();
});

test('done again it does nothing', async () => {
  const { there } = await makeDatabases('again');
  await swap(there);
  await swap(there);
  expect(await contentsOf(there.live)).toBe(there.replacement);
  expect(await contentsOf(there.becomes)).toBe(there.live);
});

test('with the swap a restored database is complete, and no longer its restore’s to drop', async () => {
  const target = targetOn(server, 'just restored', 'a restore');
  const facts = await withConnection(target.server, 'postgres', signal, readDatabaseFacts);
  await createDatabase(target, { ...facts, settings: [], comment: "it's mine" }, signal);
  await makeDatabase('in use');
  const names = { live: 'in use', replacement: 'just restored', becomes: 'in use before' };
  await swapDatabases(target, names, signal);
  await swapDatabases(target, names, signal);
  expect(await dropUnfinished(target, signal)).toEqual([]);
  const comments = await server.query(
    'postgres',
    `SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment
       FROM pg_database WHERE datname LIKE 'in use%' ORDER BY 1`,
  );
  expect(comments).toEqual([
    { name: 'in use', comment: "it's mine" },
    { name: 'in use before', comment: null },
  ]);
});

test('settings and limits go with their database', async () => {
  const { there } = await makeDatabases('settings');
  await server.query(
    'postgres',
    `ALTER DATABASE ${escapeIdentifier(there.replacement)} SET work_mem = '7MB';
     ALTER DATABASE ${escapeIdentifier(there.replacement)} CONNECTION LIMIT 9`,
  );
  await swap(there);
  const [row] = await server.query(
    there.live,
    `SELECT current_setting('work_mem') AS memory, datconnlimit AS connections
       FROM pg_database WHERE datname = current_database()`,
  );
  expect(row).toEqual({ memory: '7MB', connections: 9 });
});

test('a swap whose session is ended in the middle has changed nothing, and can be done again', async () => {
  const { there } = await makeDatabases('killed');
  const locking = await connect('postgres');
  // The second rename waits for it; the first one has been made by then.
  await locking.query(`BEGIN; COMMENT ON DATABASE ${escapeIdentifier(there.replacement)} IS 'locked'`);
  const swapping = swap(there).then(
    () => 'swapped',
    () => 'failed',
  );
  const waiting = `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%killed%RENAME%'`;
  await waitUntil('the swap waits', async () => (await server.query('postgres', waiting)).length === 1);
  await server.query('postgres', `SELECT pg_terminate_backend(pid) FROM (${waiting}) AS swapping`);
  expect(await swapping).toBe('failed');
  expect(await contentsOf(there.live)).toBe(there.live);
  await locking.query('ROLLBACK');
  await locking.end();

  await swap(there);
  expect(await contentsOf(there.live)).toBe(there.replacement);
});

test('a swap that is cancelled in the middle is taken back, also by the server', async () => {
  const { there } = await makeDatabases('cancelled');
  const locking = await connect('postgres');
  await locking.query(`BEGIN; COMMENT ON DATABASE ${escapeIdentifier(there.replacement)} IS 'locked'`);
  const cancel = new AbortController();
  const target = { server: connectionTo(server), maintenanceDatabase: 'postgres' };
  const swapping = swapDatabases(target, there, cancel.signal).then(
    () => 'swapped',
    (error: unknown) => error,
  );
  const swappers = (state: string) =>
    server.query(
      'postgres',
      `SELECT FROM pg_stat_activity WHERE query LIKE '%cancelled%RENAME%' AND ${state}`,
    );
  await waitUntil('it waits', async () => (await swappers(`wait_event_type = 'Lock'`)).length === 1);
  cancel.abort(new Error('cancelled'));
  expect(await swapping).toEqual(new Error('cancelled'));
  await locking.query('ROLLBACK');
  await locking.end();
  await waitUntil(
    'its session is gone',
    async () => (await swappers('pid <> pg_backend_pid()')).length === 0,
  );
  expect(await contentsOf(there.live)).toBe(there.live);
});

describe('nothing is touched, not even a session,', () => {
  test.each<[string, Partial<Swap>, string, RegExp]>([
    ['when the live one is missing', { live: 'nowhere' }, 'DatabaseNotFound', /has no database "nowhere"/],
    [
      'when the replacement is missing',
      { replacement: 'nowhere', becomes: 'new' },
      'DatabaseNotFound',
      /has no database "nowhere"/,
    ],
    ['when a name is taken', { becomes: 'template1' }, 'TargetExists', /has a database "template1" already/],
    [
      'when it is the maintenance database',
      { live: 'postgres' },
      'TargetUnfit',
      /set another maintenanceDatabase/,
    ],
  ])('%s', async (title, wrong, type, message) => {
    const { there } = await makeDatabases(title);
    const client = await connect(there.live);
    await expect(swap({ ...there, ...wrong })).rejects.toMatchObject({
      type,
      message: expect.stringMatching(message) as string,
    });
    expect((await client.query('SELECT it FROM contents')).rows).toEqual([{ it: there.live }]);
    await client.end();
  });

  test.each(['live', 'replacement'] as const)(
    'when a restore has not completed the %s one, which it may yet drop',
    async (which) => {
      const { there } = await makeDatabases(`unfinished ${which}`);
      const target = targetOn(server, there[which], 'running restore');
      const facts = await withConnection(target.server, there[which], signal, readDatabaseFacts);
      await server.query('postgres', `DROP DATABASE ${escapeIdentifier(there[which])}`);
      await createDatabase(target, { ...facts, settings: [] }, signal);
      const refused = {
        type: 'TargetUnfit',
        message: expect.stringMatching(/restored and not complete/) as string,
      };
      await expect(swap(there)).rejects.toMatchObject(refused);
      const another = targetOn(server, there.replacement, 'another restore');
      await expect(swapDatabases(another, there, signal)).rejects.toMatchObject(refused);
      expect(await dropUnfinished(target, signal)).toEqual([there[which]]);
    },
  );

  test.each<[string, (client: Client) => Promise<unknown>, (client: Client) => Promise<unknown>]>([
    [
      'prepared transaction "half; done"',
      (client) => client.query(`BEGIN; INSERT INTO contents VALUES ('x'); PREPARE TRANSACTION 'half; done'`),
      (client) => client.query(`ROLLBACK PREPARED 'half; done'`),
    ],
    [
      'logical replication slot "feed"',
      (client) => client.query(`SELECT pg_create_logical_replication_slot('feed', 'pgoutput')`),
      (client) => client.query(`SELECT pg_drop_replication_slot('feed')`),
    ],
    [
      'subscription "to news"',
      (client) =>
        client.query(
          `CREATE SUBSCRIPTION "to news" CONNECTION 'host=127.0.0.1 port=1' PUBLICATION news
             WITH (connect = false, slot_name = 'news');
           ALTER SUBSCRIPTION "to news" ENABLE`,
        ),
      (client) =>
        client.query(`ALTER SUBSCRIPTION "to news" DISABLE`).then(async () => {
          await client.query(`ALTER SUBSCRIPTION "to news" SET (slot_name = NONE)`);
          await client.query(`DROP SUBSCRIPTION "to news"`);
        }),
    ],
  ])('when it has the %s; then it goes', async (obstacle, put, remove) => {
    const { there } = await makeDatabases(`obstacle ${obstacle}`);
    const client = await connect(there.live);
    await put(client);
    await expect(swap(there)).rejects.toMatchObject({
      type: 'TargetUnfit',
      message: expect.stringContaining(`has the ${obstacle}`) as string,
    });
    expect((await client.query('SELECT it FROM contents')).rows).toEqual([{ it: there.live }]);
    await remove(client);
    await client.end();
    await swap(there);
    expect(await contentsOf(there.live)).toBe(there.replacement);
  });
});

test('sessions that the role may not end keep a database where it is', async () => {
  const { there } = await makeDatabases('foreign');
  await server.query(
    'postgres',
    `CREATE ROLE mover LOGIN CREATEDB PASSWORD 'moves';
     ALTER DATABASE ${escapeIdentifier(there.live)} OWNER TO mover;
     ALTER DATABASE ${escapeIdentifier(there.replacement)} OWNER TO mover`,
  );
  const superuser = await connect(there.live);
  const mover = { ...connectionTo(server), user: 'mover', password: 'moves' };
  const target = { server: mover, maintenanceDatabase: 'postgres' };
  await expect(swapDatabases(target, there, signal)).rejects.toMatchObject({
    type: 'LockTimeout',
    message: expect.stringMatching(/being accessed by other users.*1 other session/) as string,
  });
  expect((await superuser.query('SELECT it FROM contents')).rows).toEqual([{ it: there.live }]);
  await superuser.end();
  await swapDatabases(target, there, signal);
  expect(await contentsOf(there.live)).toBe(there.replacement);
});
