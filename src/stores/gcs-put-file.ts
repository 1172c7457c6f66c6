import { OperationError } from '../model/failures.js';
import type { GcsConnection } from './gcs-connection.js';
import { isNotThere, isTaken } from './gcs-errors.js';
import { getMetadata, putObject, type GcsObjectSettings } from './gcs-objects.js';
import { sendFile } from './gcs-send-file.js';
import { endUploads, findOrBeginUpload } from './gcs-uploads.js';
import { choosePartSize } from './part-size.js';
import { readSource } from './source.js';
import type { Source, StoreReceipt, TransferOptions } from './store.js';
import { conflictingObject } from './stored-content.js';

/**
 * Stores a file under `key`: in one request when it is not larger than a part, else as a resumable upload, going on with
 * one that an earlier call left.
 *
 * The receipt of a key that held the file already has no checksum, so that `verify` reads the object back.
 *
 * @throws OperationError `StoreConflict` when the key holds an object of another size or recorded SHA-256
 */
export async function putFile(
  gcs: GcsConnection,
  key: string,
  file: Source,
  settings: GcsObjectSettings,
  options: TransferOptions,
): Promise<StoreReceipt> {
  const stored = await acceptStored(gcs, key, file, options);
  if (stored) return stored;
  try {
    const isSmall = file.bytes <= choosePartSize(file.bytes);
    const checksum = await (isSmall ? putWhole : putResumably)(gcs, key, file, settings, options);
    options.onProgress(file.bytes);
    return { bytes: file.bytes, sha256: file.sha256, checksum };
  } catch (error) {
    // Somebody else was faster: a concurrent call, or an earlier try whose answer was lost.
    if (!isTaken(error) && !isNotThere(error)) throw error;
    const winner = await acceptStored(gcs, key, file, options);
    if (winner) return winner;
    throw error;
  }
}

async function acceptStored(
  gcs: GcsConnection,
  key: string,
  file: Source,
  { signal, onProgress }: TransferOptions,
): Promise<StoreReceipt | undefined> {
  const stored = await getMetadata(gcs, key, signal);
  if (!stored) return undefined;
  if (Number(stored.size) !== file.bytes || stored.metadata?.sha256 !== file.sha256)
    throw conflictingObject(gcs, key);
  // Left by a call that died after the object was whole.
  await endUploads(gcs, key, signal);
  onProgress(file.bytes);
  return { bytes: file.bytes, sha256: file.sha256 };
}

async function putWhole(
  gcs: GcsConnection,
  key: string,
  file: Source,
  settings: GcsObjectSettings,
  { signal }: TransferOptions,
): Promise<string> {
  const content = Buffer.allocUnsafeSlow(file.bytes);
  // To the end, where the digest is compared.
  for await (const piece of readSource(file, () => content, signal)) void piece;
  return await putObject(gcs, key, content, settings, signal);
}

/** @returns the MD5 of the object; base64 */
async function putResumably(
  gcs: GcsConnection,
  key: string,
  file: Source,
  settings: GcsObjectSettings,
  options: TransferOptions,
): Promise<string> {
  const { signal } = options;
  const upload = await findOrBeginUpload(gcs, key, file, settings, signal);
  try {
    const md5 = await sendFile(gcs, key, upload, file, options);
    // What cannot be deleted now is found by `listUnfinished`.
    await endUploads(gcs, key, signal).catch(() => undefined);
    if (md5 !== undefined) return md5;
    throw new OperationError(
      'StoreUnreachable',
      `Store "${gcs.name}" (${gcs.url}): the data was damaged on its way; check the network.`,
    );
  } catch (error) {
    const isDamaged = error instanceof OperationError && error.type === 'ArtifactDamaged';
    // The first error counts.
    if (isDamaged || isTaken(error) || isNotThere(error))
      await endUploads(gcs, key, signal).catch(() => undefined);
    throw error;
  }
}
