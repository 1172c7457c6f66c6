import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import type { Restartable, Stoppable } from './server-directory.js';

/** Where an S3 server is, and how to sign requests to it. */
export interface S3Address {
  /** For clients with path-style addressing. */
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** A running S3 server. */
export interface S3Server extends S3Address, Stoppable, Restartable {
  createBucket(name: string, options?: { objectLock?: boolean }): Promise<void>;
}

/** Makes a bucket; with Object Lock it is versioned too. */
export async function createBucket(address: S3Address, name: string, objectLock = false): Promise<void> {
  await withClient(address, (client) =>
    client.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: objectLock })),
  );
}

/** Whether the server answers a signed request. */
export async function answersRequests(address: S3Address): Promise<boolean> {
  await withClient(address, (client) =>
    client.send(new ListBucketsCommand({}), { abortSignal: AbortSignal.timeout(2_000) }),
  );
  return true;
}

async function withClient<T>(address: S3Address, use: (client: S3Client) => Promise<T>): Promise<T> {
  const { endpoint, region, accessKeyId, secretAccessKey } = address;
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
