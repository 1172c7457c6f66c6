import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { failureOf } from '../../support/workflow-failure.js';
import { readGlobalsManifest } from './read-backup.js';
import { fetchArtifact } from './restore-backup.js';

const globals = `
  CREATE ROLE "Team Lead" CREATEROLE NOLOGIN;
  CREATE ROLE "o'brien" LOGIN PASSWORD 'a "secret"; with ''quotes''' CONNECTION LIMIT 3 VALID UNTIL '2031-01-01 00:00Z';
  CREATE ROLE agent LOGIN REPLICATION BYPASSRLS PASSWORD 'p';
  CREATE ROLE "no password" LOGIN NOINHERIT;
  COMMENT ON ROLE agent IS E'of two\\nlines';
  GRANT "Team Lead" TO agent WITH ADMIN OPTION;
  GRANT agent TO "o'brien" GRANTED BY postgres;
  GRANT pg_read_all_data TO "o'brien";
  ALTER ROLE agent SET search_path = "$user", "odd schema";
  ALTER ROLE "o'brien" SET work_mem = '7MB';
  ALTER ROLE ALL SET lock_timeout = '1h';`;

/** What PostgreSQL itself says of a server's globals, without the key that newer versions make up for each script. */
async function dumpGlobals(server: PostgresServer, password: string): Promise<string> {
  const { stdout } = await execa(
    join(server.binDirectory, 'pg_dumpall'),
    ['--globals-only', '--host', server.host, '--port', String(server.port), '--username', 'postgres'],
    { env: { PGPASSWORD: password }, stdin: 'ignore' },
  );
  return stdout.replace(/^\\(un)?restrict .*$/gm, '');
}

const backUpGlobals = (system: BackupSystem) =>
  system.client.workflow.start('backupGlobals', {
    taskQueue: MAIN_QUEUE,
    workflowId: `globals-${crypto.randomUUID()}`,
    args: [{}],
  });

test.each([{ major: 15 }, { major: 18 }])(
  'the globals of PostgreSQL $major, applied to a fresh server, are the same there',
  async ({ major }) => {
    const scratch = await makeScratchDirectory();
    const tablespace = join(scratch, 'fast "disk"');
    const makeTablespaceDirectory = async () => {
      await rm(tablespace, { recursive: true, force: true });
      await mkdir(tablespace);
      // PostgreSQL does not run as root; the scratch directory is root's.
      if (process.getuid?.() === 0) {
        await execa('chmod', ['0755', scratch]);
        await execa('chown', ['postgres:', tablespace]);
      }
    };
    await makeTablespaceDirectory();
    await using source = await startPostgres({ major });
    await source.query('postgres', globals);
    await source.query(
      'postgres',
      `CREATE TABLESPACE "Fast" OWNER agent LOCATION '${tablespace}' WITH (random_page_cost = 1.1)`,
    );
    await source.query('postgres', `GRANT CREATE ON TABLESPACE "Fast" TO "o'brien"`);
    const before = await dumpGlobals(source, source.password);
    await using system = await startBackupSystem({
      databases: ['postgres'],
      postgres: source,
      encryption: 'gpg',
    });
    await (await backUpGlobals(system)).result();

    const manifest = await readGlobalsManifest(system.store);
    expect(manifest.roles).toEqual(['Team Lead', 'agent', 'no password', "o'brien", 'postgres']);
    expect(manifest.tablespaces).toEqual([{ name: 'Fast', location: tablespace }]);
    const file = await fetchArtifact(system.store, manifest, join(scratch, 'fetched'), system.key);

    // The location can belong to one server at a time.
    await source.kill();
    await makeTablespaceDirectory();
    await using target = await startPostgres({ major });
    const { stderr } = await execa(
      join(target.binDirectory, 'psql'),
      ['--no-psqlrc', '--quiet', '--host', target.host, '--port', String(target.port)].concat([
        ...['--username', 'postgres', '--dbname', 'postgres', '--file', file],
      ]),
      { env: { PGPASSWORD: target.password }, stdin: 'ignore' },
    );
    // The one role that every server has.
    expect(stderr.split('\n')).toEqual([expect.stringContaining('role "postgres" already exists')]);
    expect(await dumpGlobals(target, source.password)).toBe(before);
  },
);

test('a role that may not read the passwords is told that the globals need more', async () => {
  await using postgres = await startPostgres();
  const password = postgres.password;
  await postgres.query('postgres', `CREATE ROLE modest LOGIN PASSWORD '${password}' IN ROLE pg_monitor`);
  await using system = await startBackupSystem({
    databases: ['postgres'],
    postgres,
    server: { user: 'modest' },
  });
  expect(await failureOf(await backUpGlobals(system))).toMatchObject({
    type: 'PermissionDenied',
    message: expect.stringMatching(/pg_authid.*superuser for globals and large objects\.$/) as string,
  });
});
