import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { askUnlessPresent, type S3Connection } from './s3-connection.js';
import { answerOf } from './s3-errors.js';

/** What an object is given when it is created. */
export type S3ObjectSettings = Pick<
  PutObjectCommandInput,
  'Metadata' | 'StorageClass' | 'ServerSideEncryption' | 'SSEKMSKeyId'
>;

/** Fails unless the bucket is there and may be listed. */
export async function probeBucket(s3: S3Connection, signal: AbortSignal): Promise<void> {
  const query = { Bucket: s3.bucket, Prefix: s3.toObjectKey(''), MaxKeys: 1 };
  await s3.ask(signal, (client, options) => client.send(new ListObjectsV2Command(query), options));
}

/** What the store knows of an object, or undefined when there is none. */
export async function headObject(
  s3: S3Connection,
  key: string,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput | undefined> {
  const query = { Bucket: s3.bucket, Key: s3.toObjectKey(key), ChecksumMode: 'ENABLED' } as const;
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

/** Deletes an object; success when there is none. */
export async function deleteObject(s3: S3Connection, key: string, signal: AbortSignal): Promise<void> {
  const query = { Bucket: s3.bucket, Key: s3.toObjectKey(key) };
  await s3.ask(signal, (client, options) => client.send(new DeleteObjectCommand(query), options));
}
