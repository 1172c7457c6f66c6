import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { S3Connection } from './s3-connection.js';
import { answerOf } from './s3-errors.js';

/** A version of an object, or a marker that says it was deleted. */
export interface S3Version {
  objectKey: string;
  versionId: string;
  isMarker: boolean;
  bytes: number;
  modifiedAt: Date;
}

/**
 * All versions of the objects whose key in the bucket starts with `prefix`, in the order of their keys, each page's
 * markers after its objects; of one key the newest first.
 */
async function* listVersions(
  s3: S3Connection,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<S3Version> {
  const query = { Bucket: s3.bucket, Prefix: prefix };
  let page: ListObjectVersionsCommandOutput | undefined;
  do {
    const markers = page && { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    page = await s3.ask(signal, (client, options) =>
      client.send(new ListObjectVersionsCommand({ ...query, ...markers }), options),
    );
    const found = { objects: page.Versions ?? [], markers: page.DeleteMarkers ?? [] };
    for (const { Key, VersionId, Size, LastModified } of found.objects)
      yield {
        objectKey: Key!,
        versionId: VersionId!,
        isMarker: false,
        bytes: Size!,
        modifiedAt: LastModified!,
      };
    for (const { Key, VersionId, LastModified } of found.markers)
      yield { objectKey: Key!, versionId: VersionId!, isMarker: true, bytes: 0, modifiedAt: LastModified! };
  } while (page.IsTruncated);
}

/**
 * The oldest version of each object whose key in the bucket starts with `prefix`, in the order of their keys. Nothing of
 * ours is ever written twice: what came later was put there by somebody else, as were markers.
 */
export async function* listOldest(
  s3: S3Connection,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<S3Version> {
  let oldest: S3Version | undefined;
  for await (const version of listVersions(s3, prefix, signal)) {
    if (version.isMarker) continue;
    if (oldest && oldest.objectKey !== version.objectKey) yield oldest;
    oldest = version;
  }
  if (oldest) yield oldest;
}

/** The oldest version of one object, or undefined when there is none. */
export async function findOldest(
  s3: S3Connection,
  objectKey: string,
  signal: AbortSignal,
): Promise<S3Version | undefined> {
  // The listing begins with the key itself, where there is one.
  for await (const oldest of listOldest(s3, objectKey, signal))
    return oldest.objectKey === objectKey ? oldest : undefined;
  return undefined;
}

/** Whether the bucket keeps what is deleted or replaced as versions, or did so once. */
async function keepsVersions(s3: S3Connection, signal: AbortSignal): Promise<boolean> {
  try {
    const { Status } = await s3.ask(signal, (client, options) =>
      client.send(new GetBucketVersioningCommand({ Bucket: s3.bucket }), options),
    );
    return Status !== undefined;
  } catch (error) {
    const { code, status } = answerOf(error);
    // What versitygw, and stores that do not know versions, answer.
    if (status === 501 || code === 'VersioningNotConfigured') return false;
    throw error;
  }
}

/**
 * Deletes an object, with all its versions and markers where the bucket keeps them; success when there is none. The oldest
 * goes last, so that what is interrupted has taken nothing of ours away.
 */
export async function deleteObject(s3: S3Connection, key: string, signal: AbortSignal): Promise<void> {
  const query = { Bucket: s3.bucket, Key: s3.toObjectKey(key) };
  if (!(await keepsVersions(s3, signal))) {
    await s3.ask(signal, (client, options) => client.send(new DeleteObjectCommand(query), options));
    return;
  }
  const versions: S3Version[] = [];
  for await (const version of listVersions(s3, query.Key, signal))
    if (version.objectKey === query.Key) versions.push(version);
  versions.sort((a, b) => Number(b.isMarker) - Number(a.isMarker));
  for (const { versionId } of versions)
    await s3.ask(signal, (client, options) =>
      client.send(new DeleteObjectCommand({ ...query, VersionId: versionId }), options),
    );
}
