import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { installTemporalServer, type TemporalServerPrograms } from '../install/install-temporal-server.js';
import { findFreePorts } from './free-port.js';
import type { PostgresServer } from './postgres.js';
import { makeServerDirectory, makeStop, startOrStop } from './server-directory.js';
import { prepareServerProcess } from './server-process.js';
import { servesNamespace, type TemporalServer } from './temporal.js';

/** The PostgreSQL server that keeps Temporal's state, and the role that is to own it. */
export type StateServer = Omit<PostgresServer, 'user'> & { user: string };

/** Temporal server 1.24.2. */
export interface Temporal124Server extends TemporalServer {
  /** Makes a namespace, and waits until it can be used. */
  createNamespace(name: string): Promise<void>;
}

const databases = { temporal: 'temporal', visibility: 'temporal_visibility' } as const;
const alreadyExists = 6; // gRPC's status
const services = ['frontend', 'matching', 'history', 'worker'] as const;

/**
 * Starts the Temporal server that TempoNest runs, with its state in databases `temporal` and `temporal_visibility`,
 * which it makes on the PostgreSQL server given (the system's own: it needs contrib). That server outlives it: stop
 * this one first.
 *
 * As in production, a search attribute that was just added is refused until the server reads its namespaces again,
 * which it does every ten seconds.
 */
export async function startTemporal124(options: { postgres: StateServer }): Promise<Temporal124Server> {
  const { postgres } = options;
  await requireContrib(postgres);
  const programs = await installTemporalServer();
  // This version keeps ports in a smallint: see cluster_membership in its schema.
  const ports = await findFreePorts(2 * services.length);
  const address = `127.0.0.1:${ports[0]}`;
  const namespace = 'default';
  const directory = await makeServerDirectory('temporal-1-24');
  const server = prepareServerProcess({
    name: 'Temporal server 1.24.2',
    command: programs.server,
    args: ['--root', directory, '--config', 'config', '--env', 'test', '--allow-no-auth', 'start'],
    directory,
    isReady: () => ensureNamespace(address, namespace),
  });
  // What it would still save when asked to end goes with the PostgreSQL server of the test.
  const stoppable = makeStop(() => server.kill(), directory);
  await startOrStop(async () => {
    for (const schema of ['temporal', 'visibility'] as const)
      await createDatabase(programs, postgres, schema);
    await mkdir(join(directory, 'config'));
    const config = stringify(describeServer(postgres, ports));
    await writeFile(join(directory, 'config', 'test.yaml'), config, { mode: 0o600 });
    await server.start();
  }, stoppable);
  return {
    ...stoppable,
    address,
    namespace,
    createNamespace: async (name) => void (await ensureNamespace(address, name)),
    kill: () => server.kill(),
    start: () => server.start(),
  };
}

/** The visibility schema indexes with btree_gin, which the Python wheel's PostgreSQL does not have. */
async function requireContrib(postgres: StateServer): Promise<void> {
  const found = await postgres.query(
    'postgres',
    "SELECT FROM pg_available_extensions WHERE name = 'btree_gin'",
  );
  if (found.length === 0) {
    throw new Error(
      `Temporal 1.24.2 needs the extension btree_gin, which this PostgreSQL ${postgres.major} lacks: give it the system's own PostgreSQL.`,
    );
  }
}

/** Makes one of the server's databases with the schema of its version. */
async function createDatabase(
  programs: TemporalServerPrograms,
  postgres: StateServer,
  schema: keyof typeof databases,
): Promise<void> {
  const run = (...args: string[]) =>
    execa(programs.sqlTool, args, {
      env: {
        SQL_PLUGIN: 'postgres12',
        SQL_HOST: postgres.host,
        SQL_PORT: String(postgres.port),
        SQL_USER: postgres.user,
        SQL_PASSWORD: postgres.password,
        SQL_DATABASE: databases[schema],
      },
      stdin: 'ignore',
    });
  await run('create-database');
  await run('setup-schema', '--version', '0.0');
  await run('update-schema', '--schema-dir', join(programs.schemaDirectory, schema, 'versioned'));
}

/** The server's configuration; see config/development-postgres12.yaml in its source. */
function describeServer(postgres: StateServer, ports: readonly number[]): object {
  const describeDatabase = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `${postgres.host}:${postgres.port}`,
      connectProtocol: 'tcp',
      user: postgres.user,
      password: postgres.password,
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  });
  const rpcOf = (index: number) => ({
    rpc: { grpcPort: ports[2 * index], membershipPort: ports[2 * index + 1], bindOnLocalHost: true },
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: {
        default: describeDatabase(databases.temporal),
        visibility: describeDatabase(databases.visibility),
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(services.map((service, index) => [service, rpcOf(index)])),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${ports[0]}`,
        },
      },
    },
  };
}

/** Registers a namespace unless it exists, and looks whether it serves. */
async function ensureNamespace(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
  } catch (error) {
    if (!isGrpcServiceError(error) || Number(error.code) !== alreadyExists) throw error;
  } finally {
    await connection.close();
  }
  return await servesNamespace(address, namespace);
}
