import type { BlobGetPropertiesResponse, BlobImmutabilityPolicy, BlobItem } from '@azure/storage-blob';
import { OperationError } from '../model/failures.js';
import type { AzureConnection } from './azure-connection.js';
import { answerOfAzure } from './azure-errors.js';

/** What a blob is given when it is created. */
export interface AzureBlobSettings {
  /** The access tier; default: the account's. */
  tier?: string;
  immutabilityPolicy?: BlobImmutabilityPolicy;
}

/** Fails unless the container is there and may be listed. */
export async function probeContainer(azure: AzureConnection, signal: AbortSignal): Promise<void> {
  const pages = azure.container.listBlobsFlat({ prefix: azure.toBlobName('') }).byPage({ maxPageSize: 1 });
  await azure.ask(signal, () => pages.next());
}

/**
 * Fails unless the container can lock the versions of its blobs.
 *
 * @see https://learn.microsoft.com/azure/storage/blobs/immutable-version-level-worm-policies
 */
export async function probeImmutability(azure: AzureConnection, signal: AbortSignal): Promise<void> {
  const { isImmutableStorageWithVersioningEnabled: canLock } = await azure.ask(signal, (options) =>
    azure.container.getProperties(options),
  );
  if (canLock === true) return;
  throw new OperationError(
    'InvalidConfiguration',
    `Store "${azure.name}" (${azure.url}): the container has no version-level immutability; enable it, or remove the store's lock.`,
  );
}

/** The blobs of all keys that start with `prefix`, in their order; those that are blocks only, too, if asked for. */
export async function* listBlobs(
  azure: AzureConnection,
  prefix: string,
  signal: AbortSignal,
  { includeUncommitedBlobs = false } = {},
): AsyncGenerator<BlobItem> {
  const query = { abortSignal: signal, prefix: azure.toBlobName(prefix), includeUncommitedBlobs };
  const pages = azure.container.listBlobsFlat(query).byPage();
  for (;;) {
    const page = await azure.ask(signal, () => pages.next());
    if (page.done) return;
    yield* page.value.segment.blobItems;
  }
}

/** What the store knows of an object, or undefined when there is none. */
export async function getProperties(
  azure: AzureConnection,
  key: string,
  signal: AbortSignal,
): Promise<BlobGetPropertiesResponse | undefined> {
  try {
    return await azure.ask(signal, (options) => azure.blobOf(key).getProperties(options));
  } catch (error) {
    if (answerOfAzure(error).code !== 'BlobNotFound') throw error;
    return undefined;
  }
}

/** Writes a small object in one request; fails when there is one, see `isTaken`. */
export async function putBlob(
  azure: AzureConnection,
  key: string,
  content: Buffer,
  settings: AzureBlobSettings,
  signal: AbortSignal,
): Promise<void> {
  await azure.ask(signal, (options) =>
    azure
      .blobOf(key)
      .upload(content, content.length, { ...options, ...settings, conditions: { ifNoneMatch: '*' } }),
  );
}
