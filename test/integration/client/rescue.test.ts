import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { escapeLiteral } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markerOf } from '../../../src/postgres/restore-target.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { findFreePort } from '../../../tools/servers/free-port.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { makeGpgHome, type GpgHome } from '../../support/gpg-home.js';
import { waitUntil } from '../../support/wait-until.js';
import { breakGlass, countRows, databasesOf, describeTarget, type Glass } from './rescue-glass.js';
import { startCli } from './run-cli.js';

const PASSPHRASE = 'correct horse';
/** For many restores one after the other, in milliseconds. */
const PATIENCE = 300_000;

/** Where backups were made; Temporal and its worker are gone. */
let system: BackupSystem;
let key: GpgHome;
let empty: PostgresServer;
/** The store and the keys. */
let glass: string[];
let target: string[];
let rescue: Glass['rescue'];
let environment: Glass['environment'];

beforeAll(async () => {
  key = await makeGpgHome('backups@test.invalid', { passphrase: PASSPHRASE });
  const temporal = await startTemporalDevServer();
  system = await startBackupSystem({
    databases: ['shop', 'tiny', 'postgres'],
    postgres: await makePostgres(),
    temporal,
    encryption: 'gpg',
    key,
    server: { globals: true },
  });
  await system.backUp();
  await system.worker.stop();
  await temporal[Symbol.asyncDispose]();

  const given = await breakGlass(system, { passphrase: PASSPHRASE });
  ({ rescue, environment } = given);
  glass = [...given.keys, ...given.store];
  empty = await startPostgres();
  target = await describeTarget(system, empty);
});
afterAll(async () => {
  const { postgres } = system;
  await system[Symbol.asyncDispose]();
  for (const resource of [postgres, empty, key]) await resource[Symbol.asyncDispose]();
});

async function makePostgres(): Promise<PostgresServer> {
  const postgres = await startPostgres();
  await postgres.query('postgres', `CREATE ROLE clerk LOGIN PASSWORD 'secret'`);
  for (const name of ['shop', 'tiny'])
    await postgres.query('postgres', `CREATE DATABASE ${name} OWNER clerk`);
  await postgres.query(
    'shop',
    `CREATE TABLE orders (id serial PRIMARY KEY, what text NOT NULL);
     ALTER TABLE orders OWNER TO clerk;
     INSERT INTO orders (what) SELECT 'thing ' || n FROM generate_series(1, 1000) n`,
  );
  await postgres.query('tiny', 'CREATE TABLE one AS SELECT 1 AS n');
  await postgres.query('postgres', 'CREATE TABLE jobs AS SELECT 1 AS n');
  return postgres;
}

const newestOf = async (database: string) => {
  const { stdout } = await rescue('list', database, '--json', '--store', system.store.url);
  return (JSON.parse(stdout) as { backups: { id: string }[] }).backups[0]!.id;
};

describe('with the URL of a store and no configuration', () => {
  it('lists and shows what is there', async () => {
    const listed = await rescue('list', '--store', system.store.url);
    expect(listed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('4 backups of server main') as string,
    });
    const shown = await rescue('show', await newestOf('shop'), '--store', system.store.url);
    expect(shown.stdout).toContain(`gpg to ${key.fingerprint}`);
  });

  it('restores a database into another server, makes its roles first and leaves nothing behind', async () => {
    const lacking = await rescue('restore', 'shop', ...glass, ...target, '--as', 'shop_again');
    expect(lacking).toMatchObject({ exitCode: 1, stdout: '' });
    expect(lacking.stderr).toMatch(/lacks the roles clerk .*--create-roles\.$/m);

    const { exitCode, stdout, stderr } = await rescue(
      ...['restore', 'shop', ...glass, ...target, '--as', 'shop_again', '--create-roles', '--json'],
    );
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      database: 'shop_again',
      tables: 1,
      rows: 1000,
      roles: { created: ['clerk'] },
    });
    expect(await countRows(empty, 'shop_again', 'orders')).toBe(1000);
    expect(await readdir(system.environment.TMPDIR!)).toEqual([]);
  });

  it('ended by Ctrl-C leaves nothing half made', async () => {
    const args = ['rescue', 'restore', 'shop', ...glass, ...target, '--as', 'interrupted', '--create-roles'];
    const running = startCli(args, environment);
    // Until then nothing has been made; from here on the database has its name and its mark.
    await waitUntil('the database is there', async () => (await databasesOf(empty)).includes('interrupted'));
    running.kill('SIGINT');
    expect(await running).toMatchObject({ exitCode: 130 });
    expect(await databasesOf(empty)).not.toContain('interrupted');
    expect(await readdir(system.environment.TMPDIR!)).toEqual([]);
  });

  it('swaps a damaged database back, and prints the command that undoes it', async () => {
    await empty.query('postgres', 'CREATE DATABASE shop');
    await empty.query('shop', 'CREATE TABLE orders AS SELECT generate_series(1, 10) AS id');
    const args = ['restore', 'shop', ...glass, ...target, '--swap', '--create-roles'];
    const asked = await rescue(...args);
    expect(asked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') as string });

    const { exitCode, stdout } = await rescue(...args, '--yes', '--json');
    expect(exitCode).toBe(0);
    const { replaced } = JSON.parse(stdout) as { replaced: { database: string; undo: string } };
    expect(await countRows(empty, 'shop', 'orders')).toBe(1000);
    expect(await countRows(empty, replaced.database, 'orders')).toBe(10);

    const { PATH } = environment;
    await execa(replaced.undo, { shell: true, env: { PATH: PATH!, PGPASSWORD: empty.password } });
    expect(await countRows(empty, 'shop', 'orders')).toBe(10);
  });
});

describe('the page for the safe', () => {
  it('names the store, the keys, every file and the commands, and holds no secret', async () => {
    const { exitCode, stdout } = await rescue('kit', '--config', system.configurationFile);
    expect(exitCode).toBe(0);
    for (const needed of [
      system.store.url,
      key.fingerprint,
      join(system.scratch, 'private-keys.asc'),
      join(system.scratch, 'postgres-password'),
      `rescue server --store ${system.store.url} --server main --private-keys FILE`,
    ])
      expect(stdout).toContain(needed);
    for (const secret of [PASSPHRASE, 'PRIVATE KEY BLOCK', system.postgres.password])
      expect(stdout).not.toContain(secret);
  });
});

describe('a new server', () => {
  it(
    'gets all roles and databases, and what an earlier run has restored is left alone',
    async () => {
      await using fresh = await startPostgres();
      const into = await describeTarget(system, fresh);
      await fresh.query('postgres', 'CREATE DATABASE shop');
      await fresh.query('postgres', 'CREATE DATABASE tiny');
      await fresh.query('postgres', `COMMENT ON DATABASE tiny IS ${escapeLiteral(markerOf('killed'))}`);
      const half = await rescue('server', ...glass, ...into, '--skip-existing');
      expect(half).toMatchObject({ exitCode: 1, stdout: '' });
      expect(half.stderr).toMatch(/"tiny" of server .* is being restored and not complete; .* drop /);
      await fresh.query('postgres', 'DROP DATABASE tiny');

      const { exitCode, stdout, stderr } = await rescue('server', ...glass, ...into, '--json');
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      const filled = JSON.parse(stdout) as { databases: { database: string }[] };
      expect(filled).toMatchObject({
        roles: { created: ['clerk'] },
        databases: [
          { database: 'shop', outcome: 'restored', tables: 1, rows: 1000 },
          { outcome: 'restored', rows: 1 },
          { outcome: 'restored', rows: 1 },
        ],
      });
      expect(await databasesOf(fresh)).toEqual(['postgres', 'shop', 'template0', 'template1', 'tiny']);
      expect(await countRows(fresh, 'shop', 'orders')).toBe(1000);
      expect(await fresh.query('postgres', 'SELECT n FROM jobs')).toEqual([{ n: 1 }]);

      const again = await rescue('server', ...glass, ...into);
      expect(again).toMatchObject({ exitCode: 1, stdout: '' });
      expect(again.stderr).toMatch(/not empty: (?=.*shop)(?=.*tiny)(?=.*postgres).*--skip-existing/);

      await fresh.query('postgres', 'DROP DATABASE tiny');
      const rest = await rescue('server', ...glass, ...into, '--skip-existing');
      expect(rest.stdout).toMatch(/^shop +was there already$/m);
      expect(rest.stdout).toMatch(/^tiny +restored +tiny_\d{8}_\d{6} +1 +1 /m);
      expect(rest.exitCode).toBe(0);
    },
    PATIENCE,
  );
});

describe('a backup that is damaged', () => {
  it('does not keep the other databases from being restored, and is named', async () => {
    await using fresh = await startPostgres();
    const into = await describeTarget(system, fresh);
    const artifact = `${await newestOf('tiny')}.dump.tar.zst.gpg`;
    await truncate(join(fileURLToPath(system.store.url), 'postgres', 'main', 'tiny', artifact), 100);

    const { exitCode, stdout, stderr } = await rescue('server', 'tiny', 'shop', ...glass, ...into);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^tiny +ArtifactDamaged$/m);
    expect(stdout).toMatch(/^shop +restored /m);
    expect(stderr).toMatch(/tiny: .* has 100 bytes instead of \d+/);
    expect(await databasesOf(fresh)).toEqual(['postgres', 'shop', 'template0', 'template1']);
  });
});

describe('refuses in one sentence, having made nothing,', () => {
  const refused = async (...args: string[]) => {
    const before = await databasesOf(empty);
    const { exitCode, stdout, stderr } = await rescue('restore', ...args);
    expect(exitCode).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(await databasesOf(empty)).toEqual(before);
    return stderr;
  };

  it('a wrong passphrase, and keys that are missing or others', async () => {
    const wrong = join(system.scratch, 'wrong');
    await writeFile(wrong, 'battery staple');
    expect(await refused('shop', ...glass, ...target, '--passphrase-file', wrong)).toMatch(
      /^The passphrase does not open the private key/,
    );
    expect(await refused('shop', '--store', system.store.url, ...target)).toMatch(
      /^The backup is encrypted to .* --private-keys\.$/m,
    );
    await using other = await makeGpgHome('other@test.invalid');
    await other.exportPrivateKeys(wrong);
    expect(await refused('shop', '--store', system.store.url, ...target, '--private-keys', wrong)).toMatch(
      /holds no private key of these/,
    );
  });

  it('an unknown backup, a name that exists, a server that is not there, a store with nothing in it', async () => {
    expect(await refused('nothing', ...glass, ...target)).toMatch(/^No backup of database "nothing"/);
    expect(await refused('shop', ...glass, ...target, '--as', 'postgres')).toMatch(
      /a database "postgres" already/,
    );
    const nowhere = ['--port', String(await findFreePort())];
    expect(await refused('shop', ...glass, ...target, ...nowhere)).toMatch(/ECONNREFUSED/);
    const bare = join(system.scratch, 'bare');
    await mkdir(bare);
    expect(await refused('shop', ...glass, ...target, '--store', `file://${bare}`)).toMatch(
      /holds no backups/,
    );
    await rm(bare, { recursive: true });
    expect(await refused('shop', ...glass, ...target, '--store', 'ftp://host/x')).toMatch(
      /^--store must be file/,
    );
  });
});
