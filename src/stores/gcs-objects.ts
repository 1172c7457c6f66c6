import { createHash } from 'node:crypto';
import type { FileMetadata } from '@google-cloud/storage';
import { OperationError } from '../model/failures.js';
import type { GcsConnection } from './gcs-connection.js';
import { isNotThere } from './gcs-errors.js';

/** What an object is given when it is created. */
export type GcsObjectSettings = Pick<FileMetadata, 'metadata' | 'storageClass' | 'retention'>;

/** The condition that there is no object yet. */
export const UNLESS_PRESENT = { ifGenerationMatch: 0 };

/** Fails unless the bucket is there and may be listed. */
export async function probeBucket(gcs: GcsConnection, signal: AbortSignal): Promise<void> {
  const query = { prefix: gcs.toObjectName(''), maxResults: 1, autoPaginate: false };
  await gcs.ask(signal, () => gcs.bucket.getFiles(query));
}

/**
 * Fails unless the bucket can lock objects and keeps no versions: what is locked there can be neither deleted nor replaced,
 * but with versions it could be hidden behind another.
 *
 * @see https://cloud.google.com/storage/docs/object-lock
 */
export async function probeRetention(gcs: GcsConnection, signal: AbortSignal): Promise<void> {
  const [{ objectRetention, versioning }] = await gcs.ask(signal, () => gcs.bucket.getMetadata());
  const refuse = (fault: string, remedy: string) =>
    new OperationError(
      'InvalidConfiguration',
      `Store "${gcs.name}" (${gcs.url}): the bucket ${fault}; ${remedy}.`,
    );
  if (objectRetention?.mode !== 'Enabled')
    throw refuse('has no object retention', "make one that has, or remove the store's lock");
  if (versioning?.enabled)
    throw refuse('keeps versions, so that what is locked could be hidden', 'turn its versioning off');
}

/** What the store knows of an object, or undefined when there is none. */
export async function getMetadata(
  gcs: GcsConnection,
  key: string,
  signal: AbortSignal,
): Promise<FileMetadata | undefined> {
  try {
    const [metadata] = await gcs.ask(signal, () => gcs.bucket.file(gcs.toObjectName(key)).getMetadata());
    return metadata;
  } catch (error) {
    if (!isNotThere(error)) throw error;
    // The same status says that there is no bucket.
    await probeBucket(gcs, signal);
    return undefined;
  }
}

/** All objects whose key starts with `prefix`, in the order of their names. */
export async function* listObjects(
  gcs: GcsConnection,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<{ key: string; metadata: FileMetadata }> {
  let query: object | null = { prefix: gcs.toObjectName(prefix), autoPaginate: false };
  while (query) {
    const [files, next] = await gcs.ask(signal, () => gcs.bucket.getFiles(query!));
    for (const { name, metadata } of files) yield { key: gcs.toKey(name), metadata };
    query = next;
  }
}

/**
 * Writes an object in one request, with an MD5 that the store compares; fails when there is one, see `isTaken`.
 *
 * @returns its MD5 as the store writes it: base64
 */
export async function putObject(
  gcs: GcsConnection,
  key: string,
  content: Buffer,
  settings: GcsObjectSettings,
  signal: AbortSignal,
): Promise<string> {
  const md5Hash = createHash('md5').update(content).digest('base64');
  const options = { resumable: false, validation: false, preconditionOpts: UNLESS_PRESENT };
  await gcs.ask(signal, () =>
    gcs.bucket.file(gcs.toObjectName(key)).save(content, { ...options, metadata: { ...settings, md5Hash } }),
  );
  return md5Hash;
}

/** Deletes an object; success when there is none. */
export async function deleteObject(gcs: GcsConnection, key: string, signal: AbortSignal): Promise<void> {
  const file = gcs.bucket.file(gcs.toObjectName(key));
  await gcs.ask(signal, () => file.delete({ ignoreNotFound: true }));
}
