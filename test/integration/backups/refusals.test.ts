import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { escapeLiteral } from 'pg';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import { markerOf } from '../../../src/postgres/restore-target.js';
import { withSession } from '../../../tools/data/server-session.js';
import { installPostgres } from '../../../tools/install/install-postgres.js';
import { findFreePorts } from '../../../tools/servers/free-port.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { waitForFailedAttempt } from '../../support/activity-attempts.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { expectEmptyStore } from '../../support/whole-backup.js';
import { prepareWorker } from '../../support/worker-process.js';
import { failureOf } from '../../support/workflow-failure.js';

const roles = `
  CREATE ROLE stranger LOGIN PASSWORD 'stranger-pw' IN ROLE pg_monitor;
  CREATE ROLE blind LOGIN PASSWORD 'blind-pw' IN ROLE pg_monitor, pg_read_all_data;`;
const tables = `
  CREATE TABLE open (id int);
  CREATE TABLE guarded (id int);
  INSERT INTO guarded VALUES (1), (2);
  ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;`;

/** Starts a backup under an id of one's own. */
async function start(system: BackupSystem, argument: object) {
  return await system.client.workflow.start('backupDatabase', {
    taskQueue: MAIN_QUEUE,
    workflowId: `refused-${crypto.randomUUID()}`,
    args: [argument],
  });
}

async function expectNothingMade(system: BackupSystem): Promise<void> {
  expect(await system.listStaging()).toEqual([]);
  await expectEmptyStore(system.store);
}

/** One sentence, of one line. */
const sentence = (...said: RegExp[]) => ({
  asymmetricMatch: (message: string) =>
    /^[^\n]+\.$/.test(message) && said.every((pattern) => pattern.test(message)),
  toString: () => `a sentence with ${said.map(String).join(' and ')}`,
});

test.concurrent(
  'what cannot be backed up says what is wrong and what to do, and leaves nothing',
  async ({ onTestFinished }) => {
    await using postgres = await startPostgres();
    await postgres.query('postgres', roles);
    await postgres.query('postgres', 'CREATE DATABASE app');
    await postgres.query('app', tables);
    const secrets = await mkdtemp(join(tmpdir(), 'tb-secrets-'));
    onTestFinished(() => rm(secrets, { recursive: true }));
    const secret = async (name: string, content: string) => {
      await writeFile(join(secrets, name), content, { mode: 0o600 });
      return join(secrets, name);
    };
    const [port, nobody] = (await findFreePorts(2)) as [number, number];
    const address = {
      host: postgres.host,
      port: postgres.port,
      user: 'postgres',
      databases: ['app', 'gone'],
    };
    const servers = [
      { ...address, name: 'wrong-password', passwordFile: await secret('wrong', 'not the password') },
      { ...address, name: 'no-password-file', passwordFile: '/nowhere/password' },
      { ...address, name: 'no-password' },
      { ...address, name: 'unreachable', port: nobody, passwordFile: await secret('any', 'any') },
      { ...address, name: 'good', passwordFile: await secret('good', postgres.password) },
      {
        ...address,
        name: 'stranger',
        user: 'stranger',
        passwordFile: await secret('stranger', 'stranger-pw'),
      },
      { ...address, name: 'blind', user: 'blind', passwordFile: await secret('blind', 'blind-pw') },
    ];
    await using system = await startBackupSystem({
      databases: [],
      postgres,
      startWorker: false,
      worker: { port },
      configuration: { servers },
    });
    const worker = prepareWorker({
      configurationFile: system.configurationFile,
      environment: system.environment,
      directory: system.scratch,
      port,
      waitFor: '/health',
    });
    await worker.start();
    try {
      const failureWith = async (argument: object) => {
        const { type, message } = await failureOf(await start(system, argument));
        return { type, message };
      };
      const on = (server: string) => failureWith({ server, database: 'app' });
      const [wrongPassword, noFile, noPassword, unreachable, stranger, blind] = await Promise.all([
        on('wrong-password'),
        on('no-password-file'),
        on('no-password'),
        on('unreachable'),
        on('stranger'),
        on('blind'),
      ]);
      expect(wrongPassword).toEqual({
        type: 'AuthenticationFailed',
        message: sentence(/server wrong-password/, /check user and passwordFile/),
      });
      expect(noPassword).toEqual({
        type: 'AuthenticationFailed',
        message: sentence(/check user and passwordFile/),
      });
      expect(noFile).toEqual({
        type: 'InvalidConfiguration',
        message: sentence(/\/nowhere\/password \(ENOENT\)/, /create it/),
      });
      expect(unreachable).toEqual({
        type: 'ServerUnreachable',
        message: sentence(new RegExp(`127\\.0\\.0\\.1:${nobody}`), /check that the server runs/),
      });
      expect(stranger).toEqual({
        type: 'PermissionDenied',
        message: sentence(/permission denied for table/, /pg_read_all_data/),
      });
      expect(blind).toEqual({
        type: 'PermissionDenied',
        message: sentence(/row-level security policy for table "guarded"/, /BYPASSRLS/),
      });
      expect(await failureWith({ server: 'good', database: 'gone' })).toEqual({
        type: 'DatabaseNotFound',
        message: sentence(/"gone" does not exist on server good/, /check the name/),
      });
      expect(await failureWith({ server: 'good', database: 'unheard of' })).toEqual({
        type: 'InvalidArgument',
        message: sentence(/"unheard of" is not configured for server good/, /use one of: app, gone/),
      });
      expect(await failureWith({ server: 'nowhere', database: 'app' })).toEqual({
        type: 'InvalidArgument',
        message: sentence(/Server "nowhere" is not configured/, /use one of: wrong-password/),
      });
      expect(await failureWith({ database: 'app' })).toEqual({
        type: 'InvalidArgument',
        message: sentence(/Several servers are configured/),
      });
    } finally {
      await worker.stop();
    }
    await expectNothingMade(system);
  },
);

const has16 = existsSync('/usr/lib/postgresql/16/bin/pg_dump');

(has16 ? test.skip : test.concurrent)(
  'a pg_dump older than the server is refused by name, and nothing is made',
  async () => {
    await using postgres = await startPostgres({ major: 16 });
    await postgres.query('postgres', 'CREATE DATABASE app');
    const { binDirectory } = await installPostgres(15);
    await using system = await startBackupSystem({
      databases: ['app'],
      postgres,
      configuration: { programDirectories: [binDirectory] },
    });
    expect(await failureOf(await start(system, { database: 'app' }))).toMatchObject({
      type: 'ProgramMissing',
      message: sentence(/pg_dump of PostgreSQL 16/, /pg_dump is 15\)/, /postgresql-client-16/),
    });
    await expectNothingMade(system);
  },
);

test.concurrent('a table that is locked is waited for, and backed up once it is free', async () => {
  await using postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE app');
  await postgres.query('app', tables);
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres,
    server: { lockWaitTimeout: '1s' },
  });
  const handle = await withSession(postgres, 'app', async (session) => {
    await session.query('BEGIN; LOCK TABLE open IN ACCESS EXCLUSIVE MODE');
    const backup = await system.startBackup('app');
    expect(await waitForFailedAttempt(backup, 'dump')).toEqual({
      type: 'LockTimeout',
      message: sentence(/statement timeout/, /pg_locks/),
    });
    return backup;
  });
  expect(await handle.result()).toMatchObject({ database: 'app', tables: 2, rows: 2 });
});

test.concurrent('a database that accepts no connections is not passed over in silence', async () => {
  await using postgres = await startPostgres();
  for (const name of ['app', 'closed', 'golden']) await postgres.query('postgres', `CREATE DATABASE ${name}`);
  await postgres.query('postgres', 'ALTER DATABASE closed ALLOW_CONNECTIONS false');
  await postgres.query('postgres', 'ALTER DATABASE golden IS_TEMPLATE true');
  await using system = await startBackupSystem({ databases: [], postgres, server: { databases: undefined } });
  const night = await system.client.workflow.start('backupDatabases', {
    taskQueue: MAIN_QUEUE,
    workflowId: `night-${crypto.randomUUID()}`,
    args: [{}],
  });
  const { type, message } = await failureOf(night);
  expect(type).toBe('BackupsFailed');
  expect(message).toMatch(/^2 of 3 backups .*\nclosed: InvalidConfiguration: .* accepts no connections/);
  // A template is backed up by whoever names it.
  expect(await (await start(system, { database: 'golden' })).result()).toMatchObject({ database: 'golden' });
});

test.concurrent('what a restore has not completed never becomes the newest backup of its name', async () => {
  await using postgres = await startPostgres();
  for (const name of ['app', 'half']) await postgres.query('postgres', `CREATE DATABASE ${name}`);
  await postgres.query('postgres', `COMMENT ON DATABASE half IS ${escapeLiteral(markerOf('killed'))}`);
  await using system = await startBackupSystem({ databases: [], postgres, server: { databases: undefined } });
  const { backups } = await system.backUp({ databases: ['app'] });
  expect(backups).toMatchObject([{ database: 'app', outcome: 'committed' }]);
  expect(await failureOf(await start(system, { database: 'half' }))).toMatchObject({
    type: 'AlreadyRunning',
    message: sentence(/"half" on server main is being restored and not complete/),
  });
  // Nobody has asked for it by name.
  const night = await system.backUp();
  expect(night.backups.map(({ database }) => database).sort()).toEqual(['app', 'postgres']);
});
