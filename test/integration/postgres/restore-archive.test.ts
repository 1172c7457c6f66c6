import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareInventories } from '../../../src/model/compare-inventories.js';
import { createDatabase } from '../../../src/postgres/create-database.js';
import { dropUnfinished } from '../../../src/postgres/drop-database.js';
import { restoreArchive } from '../../../src/postgres/pg-restore.js';
import { takeInventory } from '../../../src/postgres/take-inventory.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import { context, dump, restoreAndCompare, signal, targetOn } from './restored-database.js';

let older: PostgresServer;
let server: PostgresServer;
beforeAll(async () => {
  [older, server] = await Promise.all([startPostgres({ major: 15 }), startPostgres({ major: 16 })]);
});
afterAll(() => Promise.all([older.stop(), server.stop()]));

const optionsFor = ({ binDirectory }: PostgresServer, jobs = 2) => ({
  jobs,
  programDirectories: [binDirectory],
});

/** Makes a database on `from`, dumps it, and makes an empty one on `into` for it. */
async function prepare(name: string, sql: string, from = server, into = from) {
  const directory = await makeScratchDirectory();
  await from.query('postgres', `CREATE DATABASE "${name}"`);
  await from.query(name, sql);
  const dumped = await dump(from, name, directory);
  const target = targetOn(into, `${name} restored`, name);
  return { directory, archive: join(directory, 'data'), dumped, target };
}

test('rows come back in the order they had, which one worker of pg_restore would not keep', async () => {
  // Short rows after long ones: PostgreSQL likes to put them into the gaps.
  const { directory, archive, dumped, target } = await prepare(
    'gaps',
    `CREATE TABLE gaps (n int, body text);
     ALTER TABLE gaps ALTER body SET STORAGE PLAIN;
     INSERT INTO gaps SELECT n, repeat('x', CASE WHEN n <= 1000 THEN 5000 ELSE 50 END) FROM generate_series(1, 9000) AS n`,
  );
  await createDatabase(target, { ...dumped.facts, settings: [] }, signal);
  await restoreArchive(target, archive, optionsFor(server, 1), context);
  const again = join(directory, 'again');
  const taken = await takeInventory(target.server, target.database, again, optionsFor(server), context);
  expect(compareInventories(dumped.inventory, taken.inventory, taken).differences).toEqual([]);
});

test('arrays keep their NULLs, whatever the database has set for those who type them', async () => {
  const { directory, dumped, target } = await prepare(
    'nulls',
    `CREATE TABLE lists AS SELECT '{NULL,"NULL"}'::text[] AS list; ALTER DATABASE nulls SET array_nulls = off`,
  );
  expect((await restoreAndCompare(server, dumped, target, directory)).differences).toEqual([]);
});

test.each([
  ['keep a log of what is done', `INSERT INTO public.log VALUES (tg_tag)`],
  ['forbid it', `RAISE EXCEPTION '% is not allowed', tg_tag`],
])('event triggers that %s are made when all is done', async (title, body) => {
  const { directory, dumped, target } = await prepare(
    title,
    `CREATE TABLE log (tag text);
     CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM log;
     CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; END $$;
     CREATE EVENT TRIGGER "on ddl" ON ddl_command_end EXECUTE FUNCTION on_ddl();
     COMMENT ON EVENT TRIGGER "on ddl" IS 'watches'`,
  );
  expect((await restoreAndCompare(server, dumped, target, directory)).differences).toEqual([]);
  const triggers = `SELECT evtname AS name, obj_description(oid) AS comment FROM pg_event_trigger`;
  expect(await server.query(target.database, triggers)).toEqual([{ name: 'on ddl', comment: 'watches' }]);
});

test('grants that need other grants come back, though several workers are at it', async () => {
  await server.query('postgres', 'CREATE ROLE granting; CREATE ROLE granted');
  // To grant on the table one has to be let into its schema, which is the last and longest of its grants to make.
  const many = Array.from({ length: 200 }, (_, n) => `many_${n}`);
  await server.query('postgres', many.map((role) => `CREATE ROLE ${role}`).join(';'));
  const { directory, dumped, target } = await prepare(
    'grants',
    `CREATE SCHEMA inner_room; CREATE TABLE inner_room.chest (n int);
     ${many.map((role) => `GRANT USAGE, CREATE ON SCHEMA inner_room TO ${role}`).join(';')};
     GRANT USAGE ON SCHEMA inner_room TO granting;
     GRANT SELECT ON inner_room.chest TO granting WITH GRANT OPTION;
     SET ROLE granting; GRANT SELECT ON inner_room.chest TO granted; RESET ROLE;
     CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM inner_room.chest`,
  );
  expect(await restoreAndCompare(server, dumped, target, directory)).toEqual({ differences: [], notes: [] });
  const acl = `SELECT relacl::text FROM pg_class WHERE relname = 'chest'`;
  expect(await server.query(target.database, acl)).toEqual(await server.query('grants', acl));
  expect(await server.query(target.database, 'SELECT * FROM counted')).toEqual([{ count: '0' }]);
});

test('columns that a parent got later are noted, not reported', async () => {
  const { directory, dumped, target } = await prepare(
    'inherits',
    `CREATE TABLE parent (a int); CREATE TABLE child (own text) INHERITS (parent);
     ALTER TABLE parent ADD COLUMN b int; INSERT INTO child VALUES (1, 'x', 2)`,
  );
  expect(await restoreAndCompare(server, dumped, target, directory)).toEqual({
    differences: [],
    notes: [expect.stringContaining('table "public"."child" inherits columns')],
  });
});

test('an older server’s backup comes back on a newer server', async () => {
  const { directory, dumped, target } = await prepare(
    'older',
    `CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, body jsonb);
     INSERT INTO t (at, body) SELECT timestamptz '2024-01-01' + n * interval '1 h', jsonb_build_object('n', n)
       FROM generate_series(1, 500) AS n`,
    older,
    server,
  );
  expect(await restoreAndCompare(server, dumped, target, directory)).toEqual({ differences: [], notes: [] });
});

describe('what the server lacks is named', () => {
  test('an extension', async () => {
    const { archive, dumped, target } = await prepare('extended', 'CREATE EXTENSION citext', older, server);
    await createDatabase(target, { ...dumped.facts, settings: [] }, signal);
    await expect(restoreArchive(target, archive, optionsFor(server), context)).rejects.toMatchObject({
      type: 'TargetUnfit',
      message: expect.stringMatching(/extension "citext" is not available/) as string,
    });
  });

  test('a role', async () => {
    await older.query('postgres', 'CREATE ROLE "only older"');
    const sql = 'CREATE TABLE t (); GRANT SELECT ON t TO "only older"';
    const { archive, dumped, target } = await prepare('granting', sql, older, server);
    await createDatabase(target, { ...dumped.facts, settings: [] }, signal);
    await expect(restoreArchive(target, archive, optionsFor(server), context)).rejects.toMatchObject({
      type: 'TargetUnfit',
      message: expect.stringMatching(/role "only older" does not exist/) as string,
    });
  });
});

/** A restore that lasts until it is ended: its last statement waits for a lock. */
async function prepareEndless(name: string) {
  const prepared = await prepare(
    name,
    `CREATE TABLE big AS SELECT n, repeat(md5(n::text), 40) AS body FROM generate_series(1, 2000) AS n;
     CREATE FUNCTION wait() RETURNS bool LANGUAGE sql AS 'SELECT pg_advisory_lock_shared(1) IS NOT NULL';
     CREATE MATERIALIZED VIEW waiting AS SELECT wait()`,
  );
  await createDatabase(prepared.target, { ...prepared.dumped.facts, settings: [] }, signal);
  const { database } = prepared.target;
  // Advisory locks are each database's own.
  const locked = server
    .query(database, 'SELECT pg_advisory_lock(1); SELECT pg_sleep(600)')
    .catch(() => undefined);
  const waits = `SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'advisory'`;
  const isWaiting = async () => (await server.query('postgres', waits, [database])).length === 1;
  return { ...prepared, locked, isWaiting };
}

test('a statement that works long without making anything grow is a sign of life', async () => {
  const { archive, dumped, target } = await prepare(
    'long',
    `CREATE FUNCTION work() RETURNS bool LANGUAGE sql AS $$ SELECT pg_sleep(current_setting('app.seconds')::int) IS NULL $$;
     SET app.seconds = 0; CREATE MATERIALIZED VIEW worked AS SELECT work()`,
  );
  const settings = [{ role: null, setting: 'app.seconds=600' }];
  await createDatabase(target, { ...dumped.facts, settings }, signal);
  const cancel = new AbortController();
  let signs = 0;
  const restoring = restoreArchive(target, archive, optionsFor(server), {
    signal: cancel.signal,
    onProgress: () => undefined,
    onAlive: () => void (signs += 1),
  });
  const outcome = expect(restoring).rejects.toThrow('seen enough');
  await waitUntil('there are signs of life', () => signs > 2);
  cancel.abort(new Error('seen enough'));
  await outcome;
});

test('a cancelled restore ends pg_restore, says how far it came, and leaves nothing', async () => {
  const { archive, target, locked, isWaiting } = await prepareEndless('cancelled');
  const cancel = new AbortController();
  const bytes: number[] = [];
  let signs = 0;
  const restoring = restoreArchive(target, archive, optionsFor(server), {
    signal: cancel.signal,
    onProgress: (done) => void bytes.push(done),
    onAlive: () => void (signs += 1),
  });
  const outcome = expect(restoring).rejects.toThrow('cancelled');
  await waitUntil('it waits', isWaiting);
  await waitUntil('it has told its progress', () => (bytes.at(-1) ?? 0) > 2_560_000);
  // Who waits for a lock is not at work.
  const [told, signsBefore] = [bytes.length, signs];
  await waitUntil('it has told more', () => bytes.length > told + 1);
  expect(signs).toBe(signsBefore);
  cancel.abort(new Error('cancelled'));
  await outcome;
  expect(await dropUnfinished(target, signal)).toEqual([target.database]);
  const left = `SELECT FROM pg_stat_activity WHERE datname = $1 OR application_name = 'pg_restore'`;
  expect(await server.query('postgres', left, [target.database])).toEqual([]);
  await locked;
});

test('a server that goes away is to be tried again, and then it works', async () => {
  const { directory, archive, dumped, target, locked, isWaiting } = await prepareEndless('crashed');
  const restoring = restoreArchive(target, archive, optionsFor(server), context);
  const outcome = expect(restoring).rejects.toMatchObject({ type: 'ServerUnreachable' });
  await waitUntil('it waits', isWaiting);
  await server.kill();
  await outcome;
  await locked;
  await server.start();
  expect(await restoreAndCompare(server, dumped, target, directory)).toEqual({ differences: [], notes: [] });
});
