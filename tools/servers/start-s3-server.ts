import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from './free-port.js';
import { answersRequests, createBucket, type S3Address, type S3Server } from './s3.js';
import { makeServerDirectory, makeStop, startOrStop } from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/** Empty directories of one server, all inside `directory`, which is its home. */
export interface S3ServerDirectories {
  directory: string;
  data: string;
  metadata: string;
  versions: string;
}

/** How one kind of S3 server is called. */
export interface S3ServerKind {
  name: string;
  command: string;
  args: (listen: string, directories: S3ServerDirectories) => string[];
  /** The credentials go here: arguments are seen by everybody. */
  env: (address: S3Address) => Record<string, string>;
}

/** Starts an S3 server with random credentials, in the region us-east-1, and makes the buckets asked for. */
export async function startS3Server(kind: S3ServerKind, buckets: readonly string[]): Promise<S3Server> {
  const listen = `127.0.0.1:${await findFreePort()}`;
  const directory = await makeServerDirectory(kind.name);
  const directories: S3ServerDirectories = {
    directory,
    data: join(directory, 'data'),
    metadata: join(directory, 'metadata'),
    versions: join(directory, 'versions'),
  };
  const address: S3Address = {
    endpoint: `http://${listen}`,
    region: 'us-east-1',
    accessKeyId: randomBytes(10).toString('hex'),
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const server = prepareServerProcess({
    name: kind.name,
    command: kind.command,
    args: kind.args(listen, directories),
    env: kind.env(address),
    directory,
    isReady: () => answersRequests(address),
  });
  const stoppable = makeStop(() => server.end(), directory);
  await startOrStop(async () => {
    for (const path of Object.values<string>({ ...directories })) await mkdir(path, { recursive: true });
    await server.start();
    for (const bucket of buckets) await createBucket(address, bucket);
  }, stoppable);
  return {
    ...address,
    ...stoppable,
    createBucket: (name, options) => createBucket(address, name, options?.objectLock),
    kill: () => server.kill(),
    start: () => server.start(),
  };
}
