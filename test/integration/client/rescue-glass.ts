import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresServer } from '../../../tools/servers/postgres.js';
import type { S3Server } from '../../../tools/servers/s3.js';
import type { BackupSystem } from '../../support/backup-system.js';
import { runCli, type CliOutcome } from './run-cli.js';

/** What a person has who has lost Temporal, its workers and backups.yaml. */
export interface Glass {
  /** Options that name the store and its credentials. */
  store: string[];
  /** Options that name the private keys and their passphrase. */
  keys: string[];
  /** An environment with PostgreSQL's programs, and no Temporal in it. */
  environment: Record<string, string>;
  /** Runs `temponest-backups rescue` with these arguments. */
  rescue: (...args: string[]) => Promise<CliOutcome>;
}

/** Takes from a system what it leaves behind when all else is gone. */
export async function breakGlass(
  { scratch, store, environment: { PATH, HOME, TMPDIR }, postgres }: BackupSystem,
  { passphrase, s3 }: { passphrase?: string; s3?: Pick<S3Server, 'endpoint'> } = {},
): Promise<Glass> {
  const keys = ['--private-keys', join(scratch, 'private-keys.asc')];
  if (passphrase !== undefined)
    keys.push('--passphrase-file', await writeSecret(join(scratch, 'passphrase'), passphrase));
  const credentials = [
    ...['--access-key-id-file', join(scratch, 's3-access-key-id')],
    ...['--secret-access-key-file', join(scratch, 's3-secret-access-key')],
  ];
  const environment = { PATH: `${postgres.binDirectory}:${PATH!}`, HOME: HOME!, TMPDIR: TMPDIR! };
  return {
    store: ['--store', store.url, ...(s3 ? ['--endpoint', s3.endpoint, ...credentials] : [])],
    keys,
    environment,
    rescue: (...args) => runCli(['rescue', ...args], environment),
  };
}

/** Options that name a server to restore into. */
export async function describeTarget(
  { scratch }: Pick<BackupSystem, 'scratch'>,
  { host, port, user, password }: PostgresServer,
): Promise<string[]> {
  const passwordFile = await writeSecret(join(scratch, `password-${port}`), password);
  return ['--host', host, '--port', String(port), '--user', user, '--password-file', passwordFile];
}

async function writeSecret(file: string, secret: string): Promise<string> {
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return file;
}

/** The names of a server's databases, in their order. */
export async function databasesOf(postgres: PostgresServer): Promise<string[]> {
  const rows = await postgres.query<{ name: string }>(
    'postgres',
    'SELECT datname AS name FROM pg_database ORDER BY 1',
  );
  return rows.map(({ name }) => name);
}

/** How many rows a table has. */
export async function countRows(postgres: PostgresServer, database: string, table: string): Promise<number> {
  const [row] = await postgres.query<{ n: number }>(database, `SELECT count(*)::int AS n FROM ${table}`);
  return row!.n;
}
