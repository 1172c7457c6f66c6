import { randomBytes } from 'node:crypto';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { installPostgres, type PostgresPrograms } from '../install/install-postgres.js';
import { findFreePort } from './free-port.js';
import {
  makeServerDirectory,
  makeStop,
  startOrStop,
  type Restartable,
  type Stoppable,
} from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/** What to start. */
export interface PostgresOptions {
  /** 15, 16 or 18; the system's own (15 on Debian 12) when left out. */
  major?: number;
  /** Written to postgresql.conf, over the defaults for tests below. */
  settings?: Readonly<Record<string, string>>;
  /** Where the server's own directory is made. Default: the system's temporary directory. */
  directory?: string;
  /** For a server in the place of one that is gone. Default: a free one. */
  port?: number;
}

/** A PostgreSQL server of one's own on 127.0.0.1. */
export interface PostgresServer extends PostgresPrograms, Stoppable, Restartable {
  host: string;
  port: number;
  user: 'postgres';
  password: string;
  dataDirectory: string;
  /** Runs SQL in a database over a connection of its own; several statements only without `params`. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    database: string,
    sql: string,
    params?: unknown[],
  ): Promise<Row[]>;
  /** Ends it properly and starts it again, ending all sessions. */
  restart(): Promise<void>;
}

/** Without fsync a power failure may lose everything; a crash of the server still loses no commit. */
const testSettings = {
  fsync: 'off',
  shared_buffers: '32MB',
  max_connections: '200',
  listen_addresses: '127.0.0.1',
};

/**
 * Starts a PostgreSQL server with a superuser `postgres`, UTF-8 and the locale C.UTF-8; every connection needs the
 * password, replication included. PostgreSQL refuses to run as root, so root runs it as the system's user `postgres`.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const programs = await installPostgres(options.major);
  const port = options.port ?? (await findFreePort());
  const password = randomBytes(24).toString('base64url');
  const directory = await makeServerDirectory('postgres', options.directory);
  const dataDirectory = join(directory, 'data');
  const address = { host: '127.0.0.1', port, user: 'postgres' as const, password };
  const owner = process.getuid?.() === 0 ? 'postgres' : undefined;

  const query = async <Row extends pg.QueryResultRow>(database: string, sql: string, params?: unknown[]) => {
    const client = new pg.Client({ ...address, database, connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined); // a server that goes away fails the query; nothing else is to be said
    await client.connect();
    try {
      return (await client.query<Row>(sql, params)).rows;
    } finally {
      await client.end();
    }
  };
  const server = prepareServerProcess({
    name: `PostgreSQL ${programs.major}`,
    command: join(programs.binDirectory, 'postgres'),
    args: ['-D', dataDirectory],
    directory,
    user: owner,
    stopSignal: 'SIGINT', // "fast" shutdown; SIGTERM would wait for clients
    // "Immediate" shutdown leaves the data directory as a crash does, but no backend that outlives the postmaster.
    crashSignal: 'SIGQUIT',
    orphanSignal: 'QUIT',
    isReady: async () => (await query('postgres', 'SELECT 1')).length === 1,
  });
  const stoppable = makeStop(() => server.end(), directory);
  await startOrStop(async () => {
    await initialise({
      directory,
      dataDirectory,
      port,
      password,
      programs,
      owner,
      settings: options.settings,
    });
    await server.start();
  }, stoppable);
  return {
    ...programs,
    ...address,
    ...stoppable,
    dataDirectory,
    query,
    kill: () => server.kill(),
    start: () => server.start(),
    async restart() {
      await server.end();
      await server.start();
    },
  };
}

interface Cluster {
  directory: string;
  dataDirectory: string;
  port: number;
  password: string;
  programs: PostgresPrograms;
  owner: string | undefined;
  settings: Readonly<Record<string, string>> | undefined;
}

/** Runs initdb and writes the settings. */
async function initialise(cluster: Cluster): Promise<void> {
  const { directory, dataDirectory, owner } = cluster;
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, cluster.password, { mode: 0o600 });
  if (owner) await giveTo(owner, [directory, passwordFile]);
  const initdb = [
    join(cluster.programs.binDirectory, 'initdb'),
    ...['-D', dataDirectory, '--username=postgres', `--pwfile=${passwordFile}`],
    ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
  ];
  const [command = '', ...args] = owner ? ['runuser', '-u', owner, '--', ...initdb] : initdb;
  await execa(command, args, { cwd: '/', stdin: 'ignore' });
  await rm(passwordFile);
  const settings = {
    ...testSettings,
    port: String(cluster.port),
    unix_socket_directories: directory,
    ...cluster.settings,
  };
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  );
  await appendFile(join(dataDirectory, 'postgresql.conf'), lines.join(''));
}

async function giveTo(user: string, paths: readonly string[]): Promise<void> {
  await execa('chown', [`${user}:`, ...paths]);
}
