import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from './free-port.js';
import { answersRequests, createBucket, type S3Address, type S3Server } from './s3.js';
import { makeServerDirectory, makeStop } from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/** How one kind of S3 server is called. */
export interface S3ServerKind {
  name: string;
  command: string;
  /** `data` is an empty directory, `directory` the one it lies in. */
  args: (listen: string, data: string, directory: string) => string[];
  env: (address: S3Address, directory: string) => Record<string, string>;
}

/** Starts an S3 server with random credentials, in the region us-east-1, and makes the buckets asked for. */
export async function startS3Server(kind: S3ServerKind, buckets: readonly string[]): Promise<S3Server> {
  const listen = `127.0.0.1:${await findFreePort()}`;
  const directory = await makeServerDirectory(kind.name);
  const data = join(directory, 'data');
  await mkdir(data);
  const address: S3Address = {
    endpoint: `http://${listen}`,
    region: 'us-east-1',
    accessKeyId: randomBytes(10).toString('hex'),
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const server = prepareServerProcess({
    name: kind.name,
    command: kind.command,
    args: kind.args(listen, data, directory),
    env: { HOME: directory, ...kind.env(address, directory) },
    logFile: join(directory, `${kind.name}.log`),
    isReady: () => answersRequests(address),
  });
  const stoppable = makeStop(() => server.end(), directory);
  try {
    await server.start();
    for (const bucket of buckets) await createBucket(address, bucket);
  } catch (error) {
    await stoppable.stop();
    throw error;
  }
  return {
    ...address,
    ...stoppable,
    createBucket: (name, options) => createBucket(address, name, options?.objectLock),
    kill: () => server.kill(),
    start: () => server.start(),
  };
}
