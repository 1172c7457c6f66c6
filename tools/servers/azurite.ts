import { randomBytes } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { installAzurite } from '../install/install-azurite.js';
import { findFreePort } from './free-port.js';
import { makeServerDirectory, makeStop, startOrStop, type Stoppable } from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/** Azurite, running, with one storage account. A crash would lose what it took in its last seconds. */
export interface Azurite extends Stoppable {
  /** The account's URL. */
  endpoint: string;
  account: string;
  /** Base64. */
  accountKey: string;
  connectionString: string;
  createContainer(name: string): Promise<void>;
}

/** Starts Azurite on 127.0.0.1, with a random account and key, and makes the containers asked for. */
export async function startAzurite(options: { containers?: readonly string[] } = {}): Promise<Azurite> {
  const script = await installAzurite();
  const port = await findFreePort();
  const directory = await makeServerDirectory('azurite');
  const account = `a${randomBytes(8).toString('hex')}`;
  const accountKey = randomBytes(64).toString('base64');
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  const connectionString = [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=${endpoint}`,
  ].join(';');
  const service = BlobServiceClient.fromConnectionString(connectionString);
  const server = prepareServerProcess({
    name: 'Azurite',
    command: process.execPath,
    args: [
      script,
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', directory],
      ...['--silent', '--disableTelemetry'],
    ],
    env: { AZURITE_ACCOUNTS: `${account}:${accountKey}` },
    directory,
    isReady: async () => {
      await service.getProperties({ abortSignal: AbortSignal.timeout(2_000) });
      return true;
    },
  });
  const stoppable = makeStop(() => server.end(), directory);
  const createContainer = async (name: string) => void (await service.createContainer(name));
  await startOrStop(async () => {
    await server.start();
    for (const name of options.containers ?? []) await createContainer(name);
  }, stoppable);
  return {
    ...{ endpoint, account, accountKey, connectionString, createContainer },
    ...stoppable,
  };
}
