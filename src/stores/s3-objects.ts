import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  HeadObjectCommand,
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

/** What the store knows of an object, or undefined when there is none (or no such bucket: HEAD cannot tell). */
export async function headObject(
  s3: S3Connection,
  key: string,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput | undefined> {
  const query = { Bucket: s3.bucket, Key: s3.toObjectKey(key), ChecksumMode: 'ENABLED' } as const;
  try {
    return await s3.ask(signal, (client, options) => client.send(new HeadObjectCommand(query), options));
  } catch (error) {
    if (answerOf(error).status === 404) return undefined;
    throw error;
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
