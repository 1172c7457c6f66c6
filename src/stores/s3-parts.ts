import { createHash } from 'node:crypto';
import { UploadPartCommand, type CompletedPart, type Part } from '@aws-sdk/client-s3';
import { choosePartConcurrency, choosePartSize } from './part-size.js';
import type { S3Connection } from './s3-connection.js';
import type { S3Upload } from './s3-uploads.js';
import { readSourceFile } from './source-file.js';
import type { SourceFile, TransferOptions } from './store.js';

/** SHA-256 as S3 writes it. */
export function digestPart(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}

/**
 * Sends the parts of `file` that the upload does not have yet, several at a time, reading the file once from its start.
 * Holds one buffer per part in flight and nothing else of the file.
 *
 * @param present - what the store has of the upload
 * @returns all parts, in their order
 * @throws OperationError `ArtifactDamaged`, after the last part, when the file does not have its digest
 */
export async function sendParts(
  s3: S3Connection,
  upload: S3Upload,
  present: Part[],
  file: SourceFile,
  { signal, onProgress }: TransferOptions,
): Promise<CompletedPart[]> {
  const partBytes = choosePartSize(file.bytes);
  const lanes = Array.from(
    { length: Math.min(choosePartConcurrency(partBytes), Math.ceil(file.bytes / partBytes)) },
    () => ({ buffer: Buffer.allocUnsafeSlow(partBytes), sent: Promise.resolve() }),
  );
  const laneOf = (partNumber: number) => lanes[partNumber % lanes.length]!;
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const known = new Map(present.map((part) => [part.PartNumber, part]));
  const completed: CompletedPart[] = [];
  let bytesDone = 0;

  async function sendPart(PartNumber: number, content: Buffer): Promise<void> {
    const ChecksumSHA256 = digestPart(content);
    const stored = known.get(PartNumber);
    const isThere = stored?.Size === content.length && stored.ChecksumSHA256 === ChecksumSHA256;
    const { ETag } = isThere ? stored : await uploadPart(PartNumber, content, ChecksumSHA256);
    completed[PartNumber - 1] = { PartNumber, ETag, ChecksumSHA256 };
    bytesDone += content.length;
    onProgress(bytesDone);
  }

  const uploadPart = (PartNumber: number, Body: Buffer, ChecksumSHA256: string) =>
    s3.ask(stop, (client, options) =>
      client.send(
        new UploadPartCommand({
          Bucket: s3.bucket,
          Key: upload.objectKey,
          UploadId: upload.uploadId,
          PartNumber,
          Body,
          ChecksumSHA256,
        }),
        options,
      ),
    );

  try {
    let partNumber = 1;
    const nextBuffer = async (): Promise<Buffer> => {
      await laneOf(partNumber).sent;
      return laneOf(partNumber).buffer;
    };
    for await (const content of readSourceFile(file, nextBuffer, stop)) {
      const sent = sendPart(partNumber, content);
      // The first failure ends the other parts, which then reject with it too.
      sent.catch((error: unknown) => failure.abort(error));
      laneOf(partNumber++).sent = sent;
    }
    await Promise.all(lanes.map(({ sent }) => sent));
    return completed;
  } catch (error) {
    failure.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(lanes.map(({ sent }) => sent));
  }
}
