import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecoverServerArgument } from '../../../src/model/arguments.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { archiveWal, backupCluster, recoverServer } from '../../../src/workflows/index.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { makeWrappedPrograms, type WrappedProgram } from '../../support/wrapped-programs.js';
import { failureOf } from '../../support/workflow-failure.js';
import { runCli } from '../client/run-cli.js';

let system: BackupSystem;
let lost: PostgresServer;
let target: PostgresServer;
let older: PostgresServer;
let scratch: string;
let pgRestore: WrappedProgram;
const cleanUps: (() => Promise<unknown>)[] = [];

function own<T extends AsyncDisposable>(resource: T): T {
  cleanUps.push(async () => resource[Symbol.asyncDispose]());
  return resource;
}

const describeServer = async (name: string, { host, port, user, password }: PostgresServer) => {
  const passwordFile = join(scratch, `${name}.password`);
  await writeFile(passwordFile, password, { mode: 0o600 });
  return { name, host, port, user, passwordFile };
};

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tb-into-server-'));
  cleanUps.push(() => rm(scratch, { recursive: true, force: true }));
  await chmod(scratch, 0o755);
  const say = join(scratch, 'say');
  await writeFile(
    say,
    '#!/bin/sh\necho "$RECOVERED_SERVER $RECOVERED_INTO_SERVER $RECOVERED_DIRECTORY" > "${0%/*}/said"\n',
    { mode: 0o755 },
  );
  lost = own(await startPostgres({ major: 16 }));
  target = own(await startPostgres({ major: 16 }));
  older = own(await startPostgres({ major: 15 }));
  const programs = own(await makeWrappedPrograms());
  pgRestore = await programs.wrap({
    ...{ name: 'pg_restore', argument: '--exit-on-error', from: lost.binDirectory },
    script: 'exec "$real" "$@"',
  });
  for (const sql of [
    `CREATE ROLE owner LOGIN PASSWORD 'of the owner'`,
    `COMMENT ON ROLE owner IS 'owns app'`,
    `CREATE ROLE readers ADMIN owner`,
    `ALTER ROLE owner SET work_mem = '5MB'`,
    `CREATE DATABASE app OWNER owner`,
    `ALTER DATABASE app SET search_path = kept, public`,
    `COMMENT ON DATABASE app IS 'the application'`,
    `CREATE DATABASE "Other one"`,
    `CREATE TABLE of_postgres AS SELECT 7 AS seven`,
  ])
    await lost.query('postgres', sql);
  await lost.query(
    'app',
    'CREATE TABLE kept AS SELECT generate_series(1, 3) AS n; ALTER TABLE kept OWNER TO owner',
  );
  await lost.query('app', 'GRANT SELECT ON kept TO readers');
  system = own(
    await startBackupSystem({
      postgres: lost,
      databases: ['app'],
      encryption: 'gpg',
      programDirectories: [programs.directory],
      configuration: {
        servers: [
          { ...(await describeServer(SERVER, lost)), wal: { maxAge: '2s' } },
          await describeServer('new', target),
          await describeServer('old', older),
        ],
        programDirectories: [programs.directory, lost.binDirectory],
        approvals: { provider: 'none' },
      },
    }),
  );
  const { configurationFile } = system;
  // Beside the private keys, which the system has put there.
  const yaml = await readFile(configurationFile, 'utf8');
  await system.worker.stop();
  await writeFile(
    configurationFile,
    yaml.replace(/^restore:$/m, `restore:\n  cutover:\n    - step: say\n      command: [${say}]`),
  );
  await system.worker.start();
  await system.client.workflow.start<typeof archiveWal>('archiveWal', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'wal', args: [{ server: SERVER }] },
  });
  await system.client.workflow.execute<typeof backupCluster>('backupCluster', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: 'base', args: [{ server: SERVER }] },
  });
  await lost.query('app', 'INSERT INTO kept SELECT generate_series(4, 10)');
});
afterAll(async () => {
  const archiver = system.client.workflow.getHandle('wal');
  await archiver.cancel();
  await archiver.result().catch(() => undefined);
  for (const step of cleanUps.reverse()) await step();
});

let count = 0;
const start = (argument: Partial<RecoverServerArgument> = {}) =>
  system.client.workflow.start<typeof recoverServer>('recoverServer', {
    ...{ taskQueue: MAIN_QUEUE, workflowId: `recover-${(count += 1)}` },
    args: [{ server: SERVER, into: { server: 'new' }, ...argument }],
  });

const refusal = async (argument: Partial<RecoverServerArgument> = {}) => failureOf(await start(argument));

/** Everything by which one sees whether a server is as it was. */
const describeTarget = async () => ({
  databases: await target.query('postgres', 'SELECT oid::int, datname FROM pg_database ORDER BY 1'),
  roles: await target.query('postgres', `SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1`),
});

test('a server that is not empty, or is older, is refused before anything starts', async () => {
  const before = await describeTarget();
  await target.query('postgres', 'CREATE DATABASE something');
  expect(await refusal()).toMatchObject({
    type: 'TargetExists',
    message: expect.stringMatching(/has the databases something;.*Nothing was touched/) as string,
  });
  await target.query('postgres', 'DROP DATABASE something');
  await target.query('postgres', 'CREATE TABLE used ()');
  expect((await refusal()).message).toContain('has the databases postgres');
  await target.query('postgres', 'DROP TABLE used');
  await target.query('postgres', 'CREATE ROLE owner');
  expect(await refusal()).toMatchObject({
    type: 'TargetExists',
    message: expect.stringContaining('has the roles owner') as string,
  });
  await target.query('postgres', 'DROP ROLE owner');
  expect(await refusal({ into: { server: 'old' } })).toMatchObject({
    type: 'TargetUnfit',
    message: expect.stringContaining('is PostgreSQL 15, older than the 16') as string,
  });
  expect(await describeTarget()).toEqual(before);
  expect(await pgRestore.runs()).toEqual([]);
});

test('a dry run says what would be done, and does nothing', async () => {
  const { environment, configurationFile } = system;
  const command = ['recover-server', '--server', SERVER, '--into-server', 'new', '--dry-run'];
  const { exitCode, stdout } = await runCli(['--config', configurationFile, ...command], environment);
  expect({ exitCode, stdout }).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^Into +server new, which is empty: all roles and databases$/m) as string,
  });
  expect(await pgRestore.runs()).toEqual([]);
});

test('one that is cancelled in the middle leaves the server as it was', async () => {
  const before = await describeTarget();
  await pgRestore.use(
    `"$real" "$@" || exit
[ "$run" = 2 ] || exit 0
: > "$state/held"
while [ ! -e "$state/release" ]; do sleep 0.05; done`,
  );
  const recovery = await start();
  await pgRestore.held();
  // One database and all roles are there by now, and marked.
  const during = await describeTarget();
  expect(during.roles).toContainEqual({ rolname: 'owner' });
  expect(during.databases.length).toBeGreaterThan(before.databases.length);
  await recovery.cancel();
  await recovery.result().catch(() => undefined);
  expect(await describeTarget()).toEqual(before);
});

test('a lost server comes back in an empty one, with all roles and databases', async () => {
  await pgRestore.use('exec "$real" "$@"');
  await lost.kill();
  const result = await (await start({ reason: 'the disk is gone' })).result();
  expect(result).toMatchObject({
    filled: {
      ...{ server: 'new', roles: 2, databases: ['Other one', 'app', 'postgres'] },
      ...{ tables: 2, rows: 11 },
    },
    cutover: [{ step: 'say' }],
  });
  expect(await readFile(join(scratch, 'said'), 'utf8')).toBe(`${SERVER} new \n`);
  const names = (await describeTarget()).databases.map(({ datname }) => datname as string);
  expect(names.sort()).toEqual(['Other one', 'app', 'postgres', 'template0', 'template1']);
  expect(
    await target.query(
      'app',
      'SELECT count(*)::int AS rows, current_schemas(false)::text AS path FROM public.kept',
    ),
  ).toEqual([{ rows: 10, path: '{public}' }]);
  expect(await target.query('postgres', 'SELECT seven FROM of_postgres')).toEqual([{ seven: 7 }]);
  expect(
    await target.query(
      'postgres',
      `SELECT shobj_description(d.oid, 'pg_database') AS app, pg_get_userbyid(datdba) AS owner,
              shobj_description(r.oid, 'pg_authid') AS role, rolconfig::text AS settings,
              pg_has_role('owner', 'readers', 'MEMBER') AS member
         FROM pg_database d JOIN pg_roles r ON r.oid = datdba WHERE datname = 'app'`,
    ),
  ).toEqual([
    { app: 'the application', owner: 'owner', role: 'owns app', settings: '{work_mem=5MB}', member: true },
  ]);
  expect(await target.query('app', `SELECT has_table_privilege('readers', 'kept', 'SELECT') AS may`)).toEqual(
    [{ may: true }],
  );
  expect((await refusal()).message).toMatch(/is not empty.*has the databases Other one, app, postgres/);
  expect((await system.listStaging()).filter((path) => !path.startsWith('wal/'))).toEqual([]);
});
