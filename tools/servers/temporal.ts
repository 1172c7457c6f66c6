import { Connection } from '@temporalio/client';
import { installTemporal } from '../install/install-temporal.js';
import { findFreePorts } from './free-port.js';
import {
  makeServerDirectory,
  makeStop,
  startOrStop,
  type Restartable,
  type Stoppable,
} from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/** What to start. */
export interface TemporalDevServerOptions {
  /** Made at the start, besides `default`. Default: `default`. */
  namespace?: string;
  /** Serve the web interface too. Default: no. */
  ui?: boolean;
  /** The SQLite file that keeps the state over `kill()` and `start()`. Default: memory only. */
  dbFile?: string;
  /** Search attributes to register, with the names of their types: `{ BackupServer: 'Keyword' }`. */
  searchAttributes?: Readonly<Record<string, string>>;
}

/** A running Temporal server. */
export interface TemporalServer extends Stoppable, Restartable {
  /** host:port of the frontend's gRPC. */
  address: string;
  namespace: string;
}

/** Temporal's development server. */
export interface TemporalDevServer extends TemporalServer {
  /** Where the web interface is, when asked for. */
  uiUrl?: string;
}

/** Starts the current Temporal development server on 127.0.0.1. */
export async function startTemporalDevServer(
  options: TemporalDevServerOptions = {},
): Promise<TemporalDevServer> {
  const command = await installTemporal();
  const [port, uiPort] = (await findFreePorts(2)) as [number, number];
  const namespace = options.namespace ?? 'default';
  const directory = await makeServerDirectory('temporal');
  const address = `127.0.0.1:${port}`;
  const server = prepareServerProcess({
    name: 'The Temporal development server',
    command,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace],
      ...['--log-level', 'warn', '--disable-config-file', '--disable-config-env'],
      ...(options.ui ? ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)] : ['--headless']),
      ...(options.dbFile ? ['--db-filename', options.dbFile] : []),
      ...Object.entries(options.searchAttributes ?? {}).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type}`,
      ]),
    ],
    directory,
    isReady: () => servesNamespace(address, namespace),
  });
  // Asked to end, it first waits for a second, and nobody needs what it would still save.
  const stoppable = makeStop(() => server.kill(), directory);
  await startOrStop(() => server.start(), stoppable);
  return {
    ...stoppable,
    address,
    namespace,
    ...(options.ui ? { uiUrl: `http://127.0.0.1:${uiPort}` } : {}),
    kill: () => server.kill(),
    start: () => server.start(),
  };
}

/** Whether workflows can be looked for in a namespace: the frontend, the namespace and visibility are there. */
export async function servesNamespace(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 }),
    );
    return true;
  } finally {
    await connection.close();
  }
}
