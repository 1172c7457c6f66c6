import { listBlobs } from './azure-blobs.js';
import { listStagedBlocks } from './azure-blocks.js';
import type { AzureConnection } from './azure-connection.js';
import { isTaken } from './azure-errors.js';
import type { UnfinishedUpload } from './store.js';

/** The keys that have blocks of ours and no object. */
export async function* listUploads(
  azure: AzureConnection,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<UnfinishedUpload> {
  for await (const { name, properties } of listBlobs(azure, prefix, signal, {
    includeUncommitedBlobs: true,
  })) {
    // The store does not say which of them have no object, but that they have no length.
    if (properties.contentLength !== 0) continue;
    const key = azure.toKey(name);
    const times = (await listStagedBlocks(azure, key, signal)).map(({ startedAt }) => startedAt.getTime());
    if (times.length > 0) yield { key, startedAt: new Date(Math.min(...times)) };
  }
}

/**
 * Makes the store forget the blocks of a key that has no object; success when there are none. It does so only when
 * something is written in their place: an empty object, which is deleted at once.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/put-block-list
 */
export async function abortUpload(azure: AzureConnection, key: string, signal: AbortSignal): Promise<void> {
  if ((await listStagedBlocks(azure, key, signal)).length === 0) return;
  const blob = azure.blobOf(key);
  try {
    const { etag } = await azure.ask(signal, (options) =>
      blob.commitBlockList([], { ...options, conditions: { ifNoneMatch: '*' } }),
    );
    await azure.ask(signal, (options) => blob.deleteIfExists({ ...options, conditions: { ifMatch: etag! } }));
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
}
