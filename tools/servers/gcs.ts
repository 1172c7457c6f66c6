import { Storage } from '@google-cloud/storage';
import { installFakeGcsServer } from '../install/install-fake-gcs-server.js';
import { findFreePort } from './free-port.js';
import {
  makeServerDirectory,
  makeStop,
  startOrStop,
  type Restartable,
  type Stoppable,
} from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/**
 * fake-gcs-server, running. It asks for no credentials, and computes the checksums of a resumable upload anew for each
 * part: 1 GiB takes minutes.
 */
export interface GcsServer extends Stoppable, Restartable {
  endpoint: string;
  createBucket(name: string): Promise<void>;
}

/** Starts fake-gcs-server on 127.0.0.1 and makes the buckets asked for. */
export async function startFakeGcs(options: { buckets?: readonly string[] } = {}): Promise<GcsServer> {
  const command = await installFakeGcsServer();
  const port = await findFreePort();
  const directory = await makeServerDirectory('gcs');
  const endpoint = `http://127.0.0.1:${port}`;
  const server = prepareServerProcess({
    name: 'fake-gcs-server',
    command,
    args: [
      ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-external-url', endpoint],
      ...['-backend', 'filesystem', '-filesystem-root', `${directory}/data`, '-log-level', 'error'],
    ],
    directory,
    isReady: async () => (await fetch(`${endpoint}/_internal/healthcheck`)).ok,
  });
  const stoppable = makeStop(() => server.end(), directory);
  const storage = new Storage({
    apiEndpoint: endpoint,
    useAuthWithCustomEndpoint: false,
    projectId: 'tests',
  });
  const createBucket = async (name: string) => void (await storage.createBucket(name));
  await startOrStop(async () => {
    await server.start();
    for (const name of options.buckets ?? []) await createBucket(name);
  }, stoppable);
  return {
    ...{ endpoint, createBucket },
    ...stoppable,
    kill: () => server.kill(),
    start: () => server.start(),
  };
}
