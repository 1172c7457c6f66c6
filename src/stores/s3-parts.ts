import { createHash } from 'node:crypto';
import { UploadPartCommand, type CompletedPart, type Part } from '@aws-sdk/client-s3';
import type { S3Connection } from './s3-connection.js';
import type { S3Upload } from './s3-uploads.js';
import { sendParts } from './send-parts.js';
import type { Source, TransferOptions } from './store.js';

/** SHA-256 as S3 writes it. */
export function digestPart(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}

/**
 * Sends the parts of `file` that the upload does not have yet.
 *
 * @param present - what the store has of the upload
 * @returns all parts, in their order
 * @throws OperationError `ArtifactDamaged`, after the last part, when the file does not have its digest
 */
export async function uploadParts(
  s3: S3Connection,
  { objectKey, uploadId }: S3Upload,
  present: Part[],
  file: Source,
  options: TransferOptions,
): Promise<CompletedPart[]> {
  const known = new Map(present.map((part) => [part.PartNumber, part]));
  const address = { Bucket: s3.bucket, Key: objectKey, UploadId: uploadId };

  async function uploadPart(index: number, content: Buffer, signal: AbortSignal): Promise<CompletedPart> {
    const part = { PartNumber: index + 1, ChecksumSHA256: digestPart(content) };
    const stored = known.get(part.PartNumber);
    const isThere = stored?.Size === content.length && stored.ChecksumSHA256 === part.ChecksumSHA256;
    const { ETag } = isThere
      ? stored
      : await s3.ask(signal, (client, request) =>
          client.send(new UploadPartCommand({ ...address, ...part, Body: content }), request),
        );
    return { ...part, ETag };
  }

  return await sendParts(file, uploadPart, options);
}
