import { createHash } from 'node:crypto';
import {
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { askUnlessPresent, type S3Connection } from './s3-connection.js';
import { answerOf } from './s3-errors.js';
import { findOldest, listOldest } from './s3-versions.js';

/** What an object is given when it is created. */
export type S3ObjectSettings = Pick<
  PutObjectCommandInput,
  | 'Metadata'
  | 'StorageClass'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
>;

/** Fails unless the bucket is there and may be listed. */
export async function probeBucket(s3: S3Connection, signal: AbortSignal): Promise<void> {
  const query = { Bucket: s3.bucket, Prefix: s3.toObjectKey(''), MaxKeys: 1 };
  await s3.ask(signal, (client, options) => client.send(new ListObjectsV2Command(query), options));
}

/** Fails unless the bucket can lock objects. */
export async function probeObjectLock(s3: S3Connection, signal: AbortSignal): Promise<void> {
  const query = { Bucket: s3.bucket };
  await s3.ask(signal, (client, options) =>
    client.send(new GetObjectLockConfigurationCommand(query), options),
  );
}

/** The object to read for a key: where the oldest version is to be read, that, if there is one. */
export async function locateObject(
  s3: S3Connection,
  key: string,
  signal: AbortSignal,
): Promise<{ Bucket: string; Key: string; VersionId?: string }> {
  const address = { Bucket: s3.bucket, Key: s3.toObjectKey(key) };
  const oldest = s3.readsOldest ? await findOldest(s3, address.Key, signal) : undefined;
  return { ...address, ...(oldest && { VersionId: oldest.versionId }) };
}

/** All objects whose key starts with `prefix`, in the order of their keys. */
export async function* listObjects(
  s3: S3Connection,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<{ objectKey: string; bytes: number; modifiedAt: Date }> {
  const start = s3.toObjectKey(prefix);
  if (s3.readsOldest) {
    yield* listOldest(s3, start, signal);
    return;
  }
  let token: string | undefined;
  do {
    const query = { Bucket: s3.bucket, Prefix: start, ContinuationToken: token };
    const page = await s3.ask(signal, (client, options) =>
      client.send(new ListObjectsV2Command(query), options),
    );
    for (const { Key, Size, LastModified } of page.Contents ?? [])
      yield { objectKey: Key!, bytes: Size!, modifiedAt: LastModified! };
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** What the store knows of an object, or undefined when there is none. */
export async function headObject(
  s3: S3Connection,
  key: string,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput | undefined> {
  const query = { ...(await locateObject(s3, key, signal)), ChecksumMode: 'ENABLED' } as const;
  try {
    return await s3.ask(signal, (client, options) => client.send(new HeadObjectCommand(query), options));
  } catch (error) {
    if (answerOf(error).status !== 404) throw error;
    // The answer to HEAD has no body, and so does not say what was not found: the object, the bucket or the user.
    await probeBucket(s3, signal);
    return undefined;
  }
}

/**
 * Writes an object in one request; fails with `StoreConflict` (HTTP 412) when there is one.
 *
 * @returns its checksum as the store writes it: base64 of the SHA-256
 */
export async function putObject(
  s3: S3Connection,
  key: string,
  content: Buffer,
  settings: S3ObjectSettings,
  signal: AbortSignal,
): Promise<string> {
  const checksum = createHash('sha256').update(content).digest('base64');
  const query = { Bucket: s3.bucket, Key: s3.toObjectKey(key), Body: content, ChecksumSHA256: checksum };
  await askUnlessPresent(s3, signal, (client, options, condition) =>
    client.send(new PutObjectCommand({ ...query, ...settings, ...condition }), options),
  );
  return checksum;
}
