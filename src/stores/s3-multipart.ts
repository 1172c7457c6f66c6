import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CompletedPart,
  type Part,
} from '@aws-sdk/client-s3';
import { OperationError } from '../model/failures.js';
import { choosePartSize } from './part-size.js';
import { answerOf } from './s3-errors.js';
import { askUnlessPresent, type S3Connection } from './s3-connection.js';
import type { S3ObjectSettings } from './s3-objects.js';
import { digestPart, uploadParts } from './s3-parts.js';
import { abortUpload, listParts, listUploads, type S3Upload } from './s3-uploads.js';
import { readRange } from './source.js';
import type { Source, TransferOptions } from './store.js';

/** How {@link putInParts} ended. */
export interface PutInParts {
  /** The checksum that the store must report: base64 of the SHA-256 of the parts' SHA-256s, `-`, their number. */
  checksum: string;
  /** Whether an upload of an earlier call was continued, and so the object has the metadata given there. */
  isContinued: boolean;
}

/**
 * Stores a file as a multipart upload, going on with one that an earlier call left unfinished. An error or an abort
 * leaves the upload, for the next call to go on with, except where it can never be completed.
 *
 * @throws OperationError `ArtifactDamaged` when the file does not have its digest; `StoreConflict` (HTTP 412) when the
 * object has come to exist meanwhile
 */
export async function putInParts(
  s3: S3Connection,
  objectKey: string,
  file: Source,
  settings: S3ObjectSettings,
  options: TransferOptions,
): Promise<PutInParts> {
  const { signal } = options;
  const uploads: S3Upload[] = [];
  for await (const upload of listUploads(s3, signal, objectKey)) uploads.push(upload);
  const continued = await findUploadOf(s3, uploads, file, signal);
  const upload = continued?.upload ?? (await createUpload(s3, objectKey, settings, signal));
  try {
    const parts = await uploadParts(s3, upload, continued?.parts ?? [], file, options);
    await completeUpload(s3, upload, parts, signal);
    for (const other of uploads) if (other !== upload) await abortUpload(s3, other, signal);
    return { checksum: composeChecksum(parts), isContinued: continued !== undefined };
  } catch (error) {
    const isHopeless =
      (error instanceof OperationError && error.type === 'ArtifactDamaged') || answerOf(error).status === 412;
    // The first error counts; an upload that cannot be given up now is found by `listUnfinished`.
    if (isHopeless) await abortUpload(s3, upload, signal).catch(() => undefined);
    throw error;
  }
}

/** The newest upload whose first stored part is what the file has there; with the parts that the store has. */
async function findUploadOf(
  s3: S3Connection,
  uploads: S3Upload[],
  file: Source,
  signal: AbortSignal,
): Promise<{ upload: S3Upload; parts: Part[] } | undefined> {
  const partBytes = choosePartSize(file.bytes);
  for (const upload of uploads.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())) {
    const parts = await listParts(s3, upload, signal);
    const [first] = parts;
    if (!first?.ChecksumSHA256) continue;
    const content = await readRange(file, (first.PartNumber! - 1) * partBytes, partBytes, signal);
    if (first.ChecksumSHA256 === digestPart(content)) return { upload, parts };
  }
  return undefined;
}

async function createUpload(
  s3: S3Connection,
  objectKey: string,
  settings: S3ObjectSettings,
  signal: AbortSignal,
): Promise<S3Upload> {
  const query = { Bucket: s3.bucket, Key: objectKey, ...settings };
  const { UploadId } = await s3.ask(signal, (client, options) =>
    client.send(
      new CreateMultipartUploadCommand({ ...query, ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' }),
      options,
    ),
  );
  return { objectKey, uploadId: UploadId!, startedAt: new Date() };
}

async function completeUpload(
  s3: S3Connection,
  { objectKey, uploadId }: S3Upload,
  Parts: CompletedPart[],
  signal: AbortSignal,
): Promise<void> {
  const query = { Bucket: s3.bucket, Key: objectKey, UploadId: uploadId, MultipartUpload: { Parts } };
  await askUnlessPresent(s3, signal, (client, options, condition) =>
    client.send(new CompleteMultipartUploadCommand({ ...query, ...condition }), options),
  );
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
function composeChecksum(parts: CompletedPart[]): string {
  const hash = createHash('sha256');
  for (const { ChecksumSHA256 } of parts) hash.update(Buffer.from(ChecksumSHA256!, 'base64'));
  return `${hash.digest('base64')}-${parts.length}`;
}
