import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListMultipartUploadsCommandOutput,
  type ListPartsCommandOutput,
  type Part,
} from '@aws-sdk/client-s3';
import type { S3Connection } from './s3-connection.js';
import { answerOf } from './s3-errors.js';

/** An upload in parts that was begun and neither completed nor aborted. */
export interface S3Upload {
  objectKey: string;
  uploadId: string;
  startedAt: Date;
}

/**
 * The unfinished uploads of one object, or of the whole bucket. Of a whole bucket MinIO knows only those begun since its
 * own start; it gives up the others itself after a day.
 */
export async function* listUploads(
  s3: S3Connection,
  signal: AbortSignal,
  objectKey?: string,
): AsyncGenerator<S3Upload> {
  // MinIO takes the prefix for a whole key, so anything between one object and the whole bucket is not asked for.
  const query = { Bucket: s3.bucket, ...(objectKey === undefined ? {} : { Prefix: objectKey }) };
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const markers = page && { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    page = await s3.ask(signal, (client, options) =>
      client.send(new ListMultipartUploadsCommand({ ...query, ...markers }), options),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
      if (objectKey === undefined || Key === objectKey)
        yield { objectKey: Key!, uploadId: UploadId!, startedAt: Initiated! };
  } while (page.IsTruncated);
}

/** The parts that the store has of an upload, in their order; none when the upload has ended. */
export async function listParts(s3: S3Connection, upload: S3Upload, signal: AbortSignal): Promise<Part[]> {
  const parts: Part[] = [];
  const query = { Bucket: s3.bucket, Key: upload.objectKey, UploadId: upload.uploadId };
  // Not the SDK's paginator: it goes by the marker, which MinIO and versitygw give on the last page, too.
  let page: ListPartsCommandOutput | undefined;
  try {
    do {
      const marker = page && { PartNumberMarker: page.NextPartNumberMarker };
      page = await s3.ask(signal, (client, options) =>
        client.send(new ListPartsCommand({ ...query, ...marker }), options),
      );
      parts.push(...(page.Parts ?? []));
    } while (page.IsTruncated);
  } catch (error) {
    if (answerOf(error).code !== 'NoSuchUpload') throw error;
  }
  return parts;
}

/** Gives up an upload and frees its parts; success when it has ended already. */
export async function abortUpload(s3: S3Connection, upload: S3Upload, signal: AbortSignal): Promise<void> {
  const query = { Bucket: s3.bucket, Key: upload.objectKey, UploadId: upload.uploadId };
  try {
    await s3.ask(signal, (client, options) => client.send(new AbortMultipartUploadCommand(query), options));
  } catch (error) {
    if (answerOf(error).code !== 'NoSuchUpload') throw error;
  }
}
