import { createHash } from 'node:crypto';
import { OperationError } from '../model/failures.js';
import { composeMd5, listStagedBlocks, nameBlock, type AzureBlock } from './azure-blocks.js';
import { getProperties, type AzureBlobSettings } from './azure-blobs.js';
import type { AzureConnection } from './azure-connection.js';
import { answerOfAzure, isTaken } from './azure-errors.js';
import { abortUpload } from './azure-uploads.js';
import { sendParts } from './send-parts.js';
import type { Source, StoreReceipt, TransferOptions } from './store.js';
import { conflictingObject } from './stored-content.js';

/**
 * Stores a file under `key` in blocks, going on with those that an earlier call left. An error or an abort leaves them
 * for the next call, unless the file is damaged.
 *
 * The receipt of a key that held the file already has no checksum (its blocks may have been others), so that `verify`
 * reads the object back.
 *
 * @throws OperationError `StoreConflict` when the key holds an object of another size or recorded SHA-256
 */
export async function putFile(
  azure: AzureConnection,
  key: string,
  file: Source,
  settings: AzureBlobSettings,
  options: TransferOptions,
): Promise<StoreReceipt> {
  const stored = await acceptStored(azure, key, file, options);
  if (stored) return stored;
  const { signal } = options;
  try {
    const blocks = await sendBlocks(azure, key, file, options);
    await azure.ask(signal, (request) =>
      azure.blobOf(key).commitBlockList(
        blocks.map(({ id }) => id),
        {
          ...request,
          ...settings,
          conditions: { ifNoneMatch: '*' },
          metadata: { sha256: file.sha256 },
        },
      ),
    );
    options.onProgress(file.bytes);
    return { bytes: file.bytes, sha256: file.sha256, checksum: composeMd5(blocks) };
  } catch (error) {
    // The first error counts; blocks that cannot be given up now are found by `listUnfinished`.
    if (error instanceof OperationError && error.type === 'ArtifactDamaged')
      await abortUpload(azure, key, signal).catch(() => undefined);
    // Somebody else was faster, and the store forgot our blocks: a concurrent call, or a try whose answer was lost.
    if (!isTaken(error) && answerOfAzure(error).code !== 'InvalidBlockList') throw error;
    const winner = await acceptStored(azure, key, file, options);
    if (winner) return winner;
    throw error;
  }
}

async function acceptStored(
  azure: AzureConnection,
  key: string,
  file: Source,
  { signal, onProgress }: TransferOptions,
): Promise<StoreReceipt | undefined> {
  const stored = await getProperties(azure, key, signal);
  if (!stored) return undefined;
  if (stored.contentLength !== file.bytes || stored.metadata?.sha256 !== file.sha256)
    throw conflictingObject(azure, key);
  onProgress(file.bytes);
  return { bytes: file.bytes, sha256: file.sha256 };
}

/** Sends the blocks that the store does not have; answers with all, in their order. */
async function sendBlocks(
  azure: AzureConnection,
  key: string,
  file: Source,
  options: TransferOptions,
): Promise<AzureBlock[]> {
  const staged = await listStagedBlocks(azure, key, options.signal);
  const known = new Map(staged.map((block) => [`${block.index} ${block.md5}`, block]));
  const startedAt = new Date();

  async function sendBlock(index: number, content: Buffer, signal: AbortSignal): Promise<AzureBlock> {
    const digest = createHash('md5').update(content).digest();
    const md5 = digest.toString('base64');
    const present = known.get(`${index} ${md5}`);
    if (present) return present;
    const id = nameBlock({ index, md5, startedAt });
    await azure.ask(signal, (request) =>
      azure
        .blobOf(key)
        .stageBlock(id, content, content.length, { ...request, transactionalContentMD5: digest }),
    );
    return { id, index, md5, startedAt };
  }

  return await sendParts(file, sendBlock, options);
}
