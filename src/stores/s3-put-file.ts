import { PutObjectRetentionCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { OperationError } from '../model/failures.js';
import { choosePartSize } from './part-size.js';
import type { S3Connection } from './s3-connection.js';
import { answerOf } from './s3-errors.js';
import { putInParts } from './s3-multipart.js';
import { headObject, putObject, type S3ObjectSettings } from './s3-objects.js';
import { deleteObject } from './s3-versions.js';
import { readSource } from './source.js';
import type { Source, StoreReceipt, TransferOptions } from './store.js';
import { conflictingObject } from './stored-content.js';

/**
 * Stores a file under `key`: in one request when it is not larger than a part, else in parts.
 *
 * The receipt of a key that held the file already has no checksum (the parts it was sent in may have been others), so
 * that `verify` reads the object back.
 *
 * @throws OperationError `StoreConflict` when the key holds an object of another size or recorded SHA-256
 */
export async function putFile(
  s3: S3Connection,
  key: string,
  file: Source,
  settings: S3ObjectSettings,
  options: TransferOptions,
): Promise<StoreReceipt> {
  const stored = await acceptStored(s3, key, file, settings, options);
  if (stored) return stored;
  try {
    const isSmall = file.bytes <= choosePartSize(file.bytes);
    const checksum = await (isSmall ? putWhole : putParts)(s3, key, file, settings, options);
    return { bytes: file.bytes, sha256: file.sha256, checksum };
  } catch (error) {
    // Somebody else was faster: a concurrent call, or an earlier try whose answer was lost.
    const { code, status } = answerOf(error);
    if (status !== 412 && code !== 'NoSuchUpload') throw error;
    const winner = await acceptStored(s3, key, file, settings, options);
    if (winner) return winner;
    throw error;
  }
}

async function acceptStored(
  s3: S3Connection,
  key: string,
  file: Source,
  settings: S3ObjectSettings,
  { signal, onProgress }: TransferOptions,
): Promise<StoreReceipt | undefined> {
  const stored = await headObject(s3, key, signal);
  if (!stored) return undefined;
  if (stored.ContentLength !== file.bytes || stored.Metadata?.sha256 !== file.sha256)
    throw conflictingObject(s3, key);
  await lockStored(s3, key, stored, settings, signal);
  onProgress(file.bytes);
  return { bytes: file.bytes, sha256: file.sha256 };
}

async function putWhole(
  s3: S3Connection,
  key: string,
  file: Source,
  settings: S3ObjectSettings,
  { signal, onProgress }: TransferOptions,
): Promise<string> {
  const content = Buffer.allocUnsafeSlow(file.bytes);
  // To the end, where the digest is compared.
  for await (const piece of readSource(file, () => content, signal)) void piece;
  const checksum = await putObject(s3, key, content, settings, signal);
  onProgress(file.bytes);
  return checksum;
}

async function putParts(
  s3: S3Connection,
  key: string,
  file: Source,
  settings: S3ObjectSettings,
  options: TransferOptions,
): Promise<string> {
  const { checksum, isContinued } = await putInParts(s3, s3.toObjectKey(key), file, settings, options);
  const stored = isContinued ? await headObject(s3, key, options.signal) : undefined;
  if (isContinued && stored?.Metadata?.sha256 !== file.sha256) {
    // The upload was begun for a file that starts like this one: the content is right, but carries the other's digest.
    await deleteObject(s3, key, options.signal);
    throw new OperationError(
      'StoreUnreachable',
      `The upload of ${key} to store "${s3.name}" went on with one of another file and was undone; try again.`,
    );
  }
  if (stored) await lockStored(s3, key, stored, settings, options.signal);
  return checksum;
}

/** Locks an object that was stored, or begun to be, before the store was to lock. */
async function lockStored(
  s3: S3Connection,
  key: string,
  stored: HeadObjectCommandOutput,
  { ObjectLockMode: Mode, ObjectLockRetainUntilDate: RetainUntilDate }: S3ObjectSettings,
  signal: AbortSignal,
): Promise<void> {
  if (!RetainUntilDate || stored.ObjectLockRetainUntilDate) return;
  const query = { Bucket: s3.bucket, Key: s3.toObjectKey(key), VersionId: stored.VersionId };
  await s3.ask(signal, (client, options) =>
    client.send(new PutObjectRetentionCommand({ ...query, Retention: { Mode, RetainUntilDate } }), options),
  );
}
