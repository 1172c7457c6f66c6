import { createHash } from 'node:crypto';
import type { AzureConnection } from './azure-connection.js';
import { answerOfAzure } from './azure-errors.js';

/** A block of a blob, as its id tells it. */
export interface AzureBlock {
  /** What the store calls it. */
  id: string;
  /** Its place in the file, from 0. */
  index: number;
  /** The MD5 that the store compared with the content when it received the block; base64. */
  md5: string;
  /** When the upload began that it belongs to. */
  startedAt: Date;
}

/** 4 bytes for the index, 4 for the time in seconds, 16 for the MD5. All ids of a blob must have the same length. */
const ID_BYTES = 24;

/**
 * Names a block after what it holds: so an upload that goes on finds the blocks that it need not send, two files are
 * never mixed, and the list of a blob's blocks proves its content. The store tells nothing else of a block but its size.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/put-block (`blockid`)
 */
export function nameBlock({ index, md5, startedAt }: Omit<AzureBlock, 'id'>): string {
  const id = Buffer.alloc(ID_BYTES);
  id.writeUInt32BE(index, 0);
  id.writeUInt32BE(Math.floor(startedAt.getTime() / 1000), 4);
  Buffer.from(md5, 'base64').copy(id, 8);
  return id.toString('base64');
}

/** Reads a block's id; undefined for one that somebody else made. */
function parseBlock(id: string): AzureBlock | undefined {
  const bytes = Buffer.from(id, 'base64');
  if (bytes.length !== ID_BYTES) return undefined;
  return {
    id,
    index: bytes.readUInt32BE(0),
    startedAt: new Date(bytes.readUInt32BE(4) * 1000),
    md5: bytes.toString('base64', 8),
  };
}

/** Our blocks of a key that were sent and belong to no object yet; the store forgets them after a week. */
export async function listStagedBlocks(
  azure: AzureConnection,
  key: string,
  signal: AbortSignal,
): Promise<AzureBlock[]> {
  try {
    const { uncommittedBlocks = [] } = await azure.ask(signal, (options) =>
      azure.blobOf(key).getBlockList('uncommitted', options),
    );
    return uncommittedBlocks.flatMap(({ name }) => parseBlock(name) ?? []);
  } catch (error) {
    if (answerOfAzure(error).code !== 'BlobNotFound') throw error;
    return [];
  }
}

/** The checksum of a whole object from its blocks': base64 of the MD5 of their MD5s, `-`, their number. */
export function composeMd5(blocks: readonly { md5: string }[]): string {
  const hash = createHash('md5');
  for (const { md5 } of blocks) hash.update(Buffer.from(md5, 'base64'));
  return `${hash.digest('base64')}-${blocks.length}`;
}

/** The checksum of a stored object, as far as its blocks tell it. */
export async function readComposedMd5(
  azure: AzureConnection,
  key: string,
  signal: AbortSignal,
): Promise<string> {
  const { committedBlocks = [] } = await azure.ask(signal, (options) =>
    azure.blobOf(key).getBlockList('committed', options),
  );
  return composeMd5(committedBlocks.flatMap(({ name }) => parseBlock(name) ?? []));
}
