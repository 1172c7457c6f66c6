import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { stringify } from 'yaml';
import { openStores } from '../../src/catalogue/open-stores.js';
import { loadConfiguration } from '../../src/config/load.js';
import type { BackupDatabasesArgument } from '../../src/model/arguments.js';
import { MAIN_QUEUE, operationId } from '../../src/model/queues.js';
import type { BackupsResult } from '../../src/model/results.js';
import type { Store } from '../../src/stores/store.js';
import type { backupDatabase, backupDatabases } from '../../src/workflows/index.js';
import { findFreePort } from '../../tools/servers/free-port.js';
import { startMinio } from '../../tools/servers/minio.js';
import { startPostgres, type PostgresServer } from '../../tools/servers/postgres.js';
import type { S3Server } from '../../tools/servers/s3.js';
import { startTemporalDevServer, type TemporalServer } from '../../tools/servers/temporal.js';
import { makeGpgHome, type GpgHome } from './gpg-home.js';
import { findProcesses, killProcesses } from './our-processes.js';
import { prepareWorker, type WorkerProcess } from './worker-process.js';

/** The name of the PostgreSQL server in the configuration. */
export const SERVER = 'main';

/** WAL that was received and is not archived yet stays there, for the next archiver. */
const WAL_SPOOL = /^wal\/[^/]+\/\d+\/received\//;

/** What to set up; servers that are not passed in are started, and ended with the system. */
export interface BackupSystemOptions {
  /** The databases in the configuration. Who passes no `postgres` gets them made, empty. */
  databases: readonly string[];
  postgres?: PostgresServer;
  /** Where the worker finds the PostgreSQL server, when that is a proxy. */
  postgresPort?: number;
  temporal?: TemporalServer;
  /** Default: `directory`, in the scratch directory. */
  store?: 'directory' | 's3';
  /** For `s3`; a bucket of the system's own is made there. */
  s3?: S3Server;
  /** Where the worker finds the S3 server, when that is a proxy. */
  s3Endpoint?: string;
  /** Further stores, as backups.yaml has them. */
  replicas?: readonly Readonly<Record<string, unknown>>[];
  /** Default: `none`. `gpg` takes `key`, or one that is made for this system. */
  encryption?: 'gpg' | 'none';
  key?: GpgHome;
  /** How the configuration names the key. Default: its fingerprint. */
  recipient?: string;
  /** Searched for programs before all others: wrapper scripts. */
  programDirectories?: readonly string[];
  /** Default: one in the scratch directory. Who passes one removes it. */
  stagingDirectory?: string;
  /** Merged over the server's section of backups.yaml. */
  server?: Readonly<Record<string, unknown>>;
  /** Merged over the worker's section. */
  worker?: Readonly<Record<string, unknown>>;
  /** Replaces whole sections. */
  configuration?: Readonly<Record<string, unknown>>;
  /** Default: true. Otherwise call `worker.start()`. */
  startWorker?: boolean;
}

/** A run of `backupDatabase`. */
export type BackupHandle = WorkflowHandleWithFirstExecutionRunId<typeof backupDatabase>;

/** PostgreSQL, Temporal, a store, and a worker process of the built code, all real. */
export interface BackupSystem extends AsyncDisposable {
  client: Client;
  postgres: PostgresServer;
  temporal: TemporalServer;
  worker: WorkerProcess;
  /** The primary store, opened by the tests' own process and directly: no proxy in between. */
  store: Store;
  /** The key pair of `encryption: gpg`. */
  key?: GpgHome;
  scratch: string;
  stagingDirectory: string;
  configurationFile: string;
  /** The environment of the worker, for the CLI to be run in as well. */
  environment: Record<string, string>;
  /** Starts `backupDatabase` under its operation's own id. */
  startBackup(database: string): Promise<BackupHandle>;
  /** Runs `backupDatabases` to its end. */
  backUp(argument?: BackupDatabasesArgument): Promise<BackupsResult>;
  /** What of backups is left on the staging volume: paths relative to it. */
  listStaging(): Promise<string[]>;
}

/**
 * Sets a whole system up. Its end fails when a process that the worker has started still runs, or when something of a
 * backup is left on the staging volume or in the temporary directory: every test that uses it proves that as well.
 */
export async function startBackupSystem(options: BackupSystemOptions): Promise<BackupSystem> {
  const scratch = await mkdtemp(join(tmpdir(), 'tb-system-'));
  const cleanUps: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })];
  const cleanUp = async () => {
    const faults: unknown[] = [];
    for (const step of cleanUps.reverse())
      await step().catch((error: unknown) => {
        faults.push(error);
      });
    if (faults.length > 0) throw faults[0];
  };
  try {
    const system = await setUp(options, scratch, cleanUps);
    return { ...system, [Symbol.asyncDispose]: cleanUp };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function setUp(
  options: BackupSystemOptions,
  scratch: string,
  cleanUps: (() => Promise<unknown>)[],
): Promise<Omit<BackupSystem, keyof AsyncDisposable>> {
  function own<T extends AsyncDisposable>(resource: T): T {
    cleanUps.push(async () => resource[Symbol.asyncDispose]());
    return resource;
  }
  const stagingDirectory = options.stagingDirectory ?? join(scratch, 'staging');
  const temporaryDirectory = join(scratch, 'tmp');
  for (const directory of [stagingDirectory, temporaryDirectory])
    await mkdir(directory, { recursive: true, mode: 0o700 });

  const temporal = options.temporal ?? own(await startTemporalDevServer());
  const postgres = options.postgres ?? own(await startPostgres());
  if (!options.postgres)
    for (const name of options.databases) await postgres.query('postgres', `CREATE DATABASE "${name}"`);
  const { encryption, restore, key } = await chooseEncryption(options, scratch, own);
  const { directStore, store } = await chooseStore(options, scratch, own);

  const passwordFile = join(scratch, 'postgres-password');
  await writeFile(passwordFile, postgres.password, { mode: 0o600 });
  const port = await findFreePort();
  const configuration = {
    staging: { directory: stagingDirectory },
    servers: [
      {
        name: SERVER,
        host: postgres.host,
        port: options.postgresPort ?? postgres.port,
        user: postgres.user,
        passwordFile,
        databases: options.databases,
        globals: false,
        ...options.server,
      },
    ],
    encryption,
    restore,
    programDirectories: [...(options.programDirectories ?? []), postgres.binDirectory],
    worker: { address: '127.0.0.1', port, heartbeatTimeout: '3s', shutdownGrace: '1s', ...options.worker },
    ...options.configuration,
  };
  const { replicas = [] } = options;
  const configurationFile = join(scratch, 'backups.yaml');
  const directFile = join(scratch, 'direct.yaml');
  await writeFile(configurationFile, stringify({ stores: [store, ...replicas], ...configuration }));
  await writeFile(directFile, stringify({ stores: [directStore, ...replicas], ...configuration }));

  const environment = {
    PATH: process.env.PATH!,
    HOME: scratch,
    TMPDIR: temporaryDirectory,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
  };
  const listStaging = async () => {
    const entries = await readdir(stagingDirectory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !['volume.json', 'audit.json'].includes(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(stagingDirectory.length + 1))
      .filter((path) => !WAL_SPOOL.test(path));
  };
  const worker = prepareWorker({ configurationFile, environment, directory: scratch, port });
  cleanUps.push(async () => {
    await worker.stop();
    const left = {
      processes: await findProcesses(scratch),
      staging: await listStaging(),
      temporary: await readdir(temporaryDirectory),
    };
    killProcesses(left.processes);
    if (Object.values(left).flat().length > 0)
      throw new Error(`The worker has left something behind: ${JSON.stringify(left, null, 1)}`);
  });
  if (options.startWorker ?? true) await worker.start();

  const connection = await Connection.connect({ address: temporal.address });
  cleanUps.push(() => connection.close());
  const client = new Client({ connection, namespace: temporal.namespace });
  return {
    client,
    postgres,
    temporal,
    worker,
    store: (await openStores(await loadConfiguration(directFile)))[0],
    ...(key ? { key } : {}),
    scratch,
    stagingDirectory,
    configurationFile,
    environment,
    listStaging,
    startBackup: (database) =>
      client.workflow.start<typeof backupDatabase>('backupDatabase', {
        taskQueue: MAIN_QUEUE,
        workflowId: operationId({ kind: 'database', server: SERVER, database }),
        args: [{ server: SERVER, database }],
      }),
    backUp: (argument = {}) =>
      client.workflow.execute<typeof backupDatabases>('backupDatabases', {
        taskQueue: MAIN_QUEUE,
        workflowId: `backups-${crypto.randomUUID()}`,
        args: [argument],
      }),
  };
}

type Own = <T extends AsyncDisposable>(resource: T) => T;

async function chooseEncryption(options: BackupSystemOptions, scratch: string, own: Own) {
  if (options.encryption !== 'gpg') return { encryption: { method: 'none' }, restore: {} };
  const key = options.key ?? own(await makeGpgHome('backups@test.invalid'));
  const publicKeysFile = join(scratch, 'public-keys.asc');
  await key.exportPublicKeys(publicKeysFile);
  const privateKeysFile = join(scratch, 'private-keys.asc');
  await key.exportPrivateKeys(privateKeysFile);
  return {
    restore: { privateKeysFile },
    encryption: { method: 'gpg', recipients: [options.recipient ?? key.fingerprint], publicKeysFile },
    key,
  };
}

/** The store as the worker is to see it and, in case there is a proxy, as it is. */
async function chooseStore(options: BackupSystemOptions, scratch: string, own: Own) {
  if (options.store !== 's3') {
    const directory = join(scratch, 'store');
    await mkdir(directory, { mode: 0o700 });
    const store = { url: pathToFileURL(directory).href };
    return { store, directStore: store };
  }
  const server = options.s3 ?? own(await startMinio());
  const bucket = `b-${crypto.randomUUID()}`;
  await server.createBucket(bucket);
  const accessKeyIdFile = join(scratch, 's3-access-key-id');
  const secretAccessKeyFile = join(scratch, 's3-secret-access-key');
  await writeFile(accessKeyIdFile, server.accessKeyId, { mode: 0o600 });
  await writeFile(secretAccessKeyFile, server.secretAccessKey, { mode: 0o600 });
  const { endpoint, region } = server;
  const directStore = {
    url: `s3://${bucket}/nightly`,
    endpoint,
    region,
    accessKeyIdFile,
    secretAccessKeyFile,
  };
  return { directStore, store: { ...directStore, endpoint: options.s3Endpoint ?? endpoint } };
}
