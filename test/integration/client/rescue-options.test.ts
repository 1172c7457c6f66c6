import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMinio } from '../../../tools/servers/minio.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import type { S3Server } from '../../../tools/servers/s3.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { enableTls } from '../../support/enable-tls.js';
import { holdFirstRun, makeWrappedPrograms } from '../../support/wrapped-programs.js';
import { startS3Proxy } from '../stores/s3-proxy.js';
import { breakGlass, countRows, databasesOf, describeTarget, type Glass } from './rescue-glass.js';
import { runCli, startCli } from './run-cli.js';

/** Where backups were made, into S3; Temporal and its worker are gone. */
let system: BackupSystem;
let s3: S3Server;
let glass: Glass;
/** Another server, which speaks TLS. */
let other: PostgresServer;
let certificate: string;
let target: string[];

beforeAll(async () => {
  const postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE shop');
  await postgres.query('shop', 'CREATE TABLE orders AS SELECT n FROM generate_series(1, 1000) n');
  await postgres.query('shop', 'CREATE TABLE clients AS SELECT n FROM generate_series(1, 10) n');
  s3 = await startMinio();
  const temporal = await startTemporalDevServer();
  system = await startBackupSystem({
    ...{ databases: ['shop'], postgres, temporal },
    ...{ store: 's3', s3, encryption: 'gpg' },
    server: { globals: true },
  });
  await system.backUp();
  await system.worker.stop();
  await temporal[Symbol.asyncDispose]();
  glass = await breakGlass(system, { s3 });
  other = await startPostgres();
  certificate = await enableTls(other, system.scratch);
  target = await describeTarget(system, other);
});
afterAll(async () => {
  const { postgres } = system;
  await system[Symbol.asyncDispose]();
  for (const server of [other, s3, postgres]) await server[Symbol.asyncDispose]();
});

describe('with a store in S3 and no configuration', () => {
  it('lists, plans without making anything, and restores over TLS', async () => {
    const { rescue, store, keys } = glass;
    const listed = await rescue('list', 'shop', ...store);
    expect(listed.stdout).toMatch(/^shop_\d{8}_\d{6} /m);

    const args = ['restore', 'shop', ...store, ...keys, ...target];
    const planned = await rescue(...args, '--as', 'again', '--dry-run');
    expect(planned).toMatchObject({ exitCode: 0 });
    expect(planned.stdout).toMatch(/^Restores {2}2 tables, 1010 rows$/m);
    expect(planned.stdout).toMatch(/^Into .* database again$/m);
    expect(planned.stdout).toMatch(/^Lacks {5}nothing$/m);
    expect(await databasesOf(other)).not.toContain('again');

    const tls = ['--host', 'localhost', '--sslmode', 'verify-full', '--ssl-root-cert', certificate];
    expect(await rescue(...args, ...tls, '--as', 'again')).toMatchObject({ exitCode: 0 });
    expect(await countRows(other, 'again', 'orders')).toBe(1000);
  });

  it('believes no server that its certificate authority does not know', async () => {
    const { rescue, store, keys } = glass;
    const args = ['restore', 'shop', ...store, ...keys, ...target, '--sslmode', 'verify-full'];
    expect(await rescue(...args)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--ssl-root-cert') as string,
    });
    // The certificate is for the name localhost, and not for the address.
    expect(await rescue(...args, '--ssl-root-cert', certificate)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/does not match certificate/) as string,
    });
  });

  it('restores single tables', async () => {
    const { rescue, store, keys } = glass;
    const args = ['restore', 'shop', ...store, ...keys, ...target, '--as', 'part', '--table', 'clients'];
    const { exitCode, stdout } = await rescue(...args, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ database: 'part', tables: 1, rows: 10 });
    expect(await other.query('part', 'SELECT relname FROM pg_stat_user_tables')).toEqual([
      { relname: 'clients' },
    ]);
  });

  it('takes from psql’s environment what no option says', async () => {
    const { store, keys, environment } = glass;
    const { host, port, user, password } = system.postgres;
    const run = (more: Record<string, string>) =>
      runCli(['rescue', 'restore', 'shop', ...store, ...keys, '--dry-run'], {
        ...environment,
        ...{ PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, ...more },
      });
    const { exitCode, stdout } = await run({});
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Into      server ${host}:${port}, database shop_restored_`);
    expect(await run({ PGSSLMODE: 'require' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('does not support SSL') as string,
    });
    expect(await run({ PGSSLMODE: 'prefer' })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^PGSSLMODE: .*"verify-full".*environment\.$/m) as string,
    });
  });
});

describe('with backups.yaml', () => {
  it('finds the store, the keys and the server in it', async () => {
    const configured = (...args: string[]) =>
      glass.rescue(...args, '--config', system.configurationFile, '--json');
    const listed = await configured('list', 'shop');
    const [{ id }] = (JSON.parse(listed.stdout) as { backups: [{ id: string }] }).backups;
    expect(JSON.parse((await configured('show', id)).stdout)).toMatchObject({ id, database: 'shop' });
    const restored = await configured('restore', 'shop', '--as', 'shop_again');
    expect(JSON.parse(restored.stdout)).toMatchObject({ server: 'main', database: 'shop_again', rows: 1010 });
    const filled = await configured('server', ...target);
    expect(JSON.parse(filled.stdout)).toMatchObject({ databases: [{ database: 'shop', rows: 1010 }] });
    expect(await countRows(other, 'shop', 'orders')).toBe(1000);
  });
});

describe('the page for the safe', () => {
  it('has the options of the store in its commands, with the places of the secrets', async () => {
    const { stdout } = await glass.rescue('kit', '--config', system.configurationFile);
    const options = `--endpoint ${s3.endpoint} --region us-east-1 --access-key-id-file FILE --secret-access-key-file FILE`;
    expect(stdout).toContain(`rescue list --store ${system.store.url} ${options} --server main`);
    expect(stdout).toContain(`${join(system.scratch, 's3-secret-access-key')}: secret access key of store`);
  });
});

describe('options of a store that do not go together', () => {
  it('are named as what they are on the command line', async () => {
    const refused = await glass.rescue('list', '--store', 'azure://container', '--access-key-id-file', 'id');
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^--access-key-id-file is only for .*--endpoint is needed without --connection/,
    );
  });
});

describe('in a directory that was named', () => {
  it('runs alone, and goes on after SIGKILL with what it had downloaded', async () => {
    await using proxy = await startS3Proxy(s3.endpoint);
    await using programs = await makeWrappedPrograms();
    const pgRestore = await programs.wrap({
      ...{ name: 'pg_restore', from: other.binDirectory },
      ...{ argument: '--exit-on-error', script: holdFirstRun },
    });
    const { store, keys } = await breakGlass(system, { s3: proxy });
    const environment = { ...glass.environment, PATH: `${programs.directory}:${glass.environment.PATH!}` };
    const args = [
      'rescue',
      'restore',
      'shop',
      ...store,
      ...keys,
      ...target,
      '--as',
      'resumed',
      '--directory',
    ];
    const directory = join(system.scratch, 'rescue');
    const first = startCli([...args, directory], environment);
    await pgRestore.held();

    expect(await runCli([...args, directory], environment)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`Another rescue works in ${directory}; `) as string,
    });
    const elsewhere = join(system.scratch, 'rescue-elsewhere');
    expect(await runCli([...args, elsewhere], environment)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Somebody else restores this backup into database "resumed"') as string,
    });

    first.kill('SIGKILL');
    await first;
    // As if it had been killed while it had the private keys in a keyring.
    await mkdir(join(directory, 'scratch', 'gpg-killed'), { recursive: true });
    const second = await runCli([...args, directory], environment);
    expect({ ...second, stdout: '' }).toMatchObject({ exitCode: 0 });
    expect(await countRows(other, 'resumed', 'orders')).toBe(1000);
    const downloads = proxy.requests.filter(({ method, url }) => method === 'GET' && /\.gpg\b/.test(url));
    expect(downloads).toHaveLength(1);
    expect(await readdir(directory)).toEqual([]);
    expect((await databasesOf(other)).filter((name) => name.includes('restore'))).toEqual([]);
  });
});
