import { createHash } from 'node:crypto';
import { OperationError } from '../model/failures.js';
import type { GcsConnection } from './gcs-connection.js';
import { answerOfGcs, isNotThere, isTaken } from './gcs-errors.js';
import { deleteObject, getMetadata, putObject, type GcsObjectSettings } from './gcs-objects.js';
import { askSession, sendPart, type GcsSession } from './gcs-session.js';
import { endUploads, findOrBeginUpload, type GcsUpload } from './gcs-uploads.js';
import { choosePartSize } from './part-size.js';
import { readSourceFile } from './source-file.js';
import type { SourceFile, StoreReceipt, TransferOptions } from './store.js';
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
  file: SourceFile,
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
  file: SourceFile,
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
  file: SourceFile,
  settings: GcsObjectSettings,
  { signal }: TransferOptions,
): Promise<string> {
  const content = Buffer.allocUnsafeSlow(file.bytes);
  // To the end, where the digest is compared.
  for await (const piece of readSourceFile(file, () => content, signal)) void piece;
  return await putObject(gcs, key, content, settings, signal);
}

/** @returns the MD5 of the object; base64 */
async function putResumably(
  gcs: GcsConnection,
  key: string,
  file: SourceFile,
  settings: GcsObjectSettings,
  options: TransferOptions,
): Promise<string> {
  const { signal } = options;
  const upload = await findOrBeginUpload(gcs, key, file, settings, signal);
  try {
    const md5 = await sendFile(gcs, key, upload, file, options);
    // What cannot be deleted now is found by `listUnfinished`.
    await endUploads(gcs, key, signal).catch(() => undefined);
    return md5;
  } catch (error) {
    const isHopeless = error instanceof OperationError && error.type === 'ArtifactDamaged';
    // The first error counts.
    if (isHopeless || isTaken(error) || isNotThere(error))
      await endUploads(gcs, key, signal).catch(() => undefined);
    throw error;
  }
}

/** Sends what the session does not have. The last part makes the object: it goes when the file proved undamaged. */
async function sendFile(
  gcs: GcsConnection,
  key: string,
  { uri, isContinued }: GcsUpload,
  file: SourceFile,
  { signal, onProgress }: TransferOptions,
): Promise<string> {
  const { bytes } = file;
  const session = isContinued ? await askSession(gcs, uri, bytes, signal) : { persisted: 0 };
  const buffers = [1, 2].map(() => Buffer.allocUnsafeSlow(choosePartSize(bytes)));
  const hash = createHash('md5');
  let last = { content: Buffer.alloc(0) as Buffer, position: 0, bytes };
  for await (const content of readSourceFile(file, () => buffers.reverse()[0]!, signal)) {
    hash.update(content);
    const end = last.position + last.content.length;
    await sendPart(gcs, uri, session, last, signal);
    if (end > 0) onProgress(end);
    last = { content, position: end, bytes };
  }
  const md5 = hash.digest('base64');
  if (await finish(gcs, uri, session, { ...last, md5 }, signal)) return md5;
  await deleteObject(gcs, key, signal);
  await endUploads(gcs, key, signal);
  throw new OperationError(
    'StoreUnreachable',
    `Store "${gcs.name}" (${gcs.url}): the data was damaged on its way; check the network.`,
  );
}

/** Sends the last part; answers whether the store has what was sent. */
async function finish(
  gcs: GcsConnection,
  uri: string,
  session: GcsSession,
  last: Parameters<typeof sendPart>[3] & { md5: string },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await sendPart(gcs, uri, session, last, signal);
  } catch (error) {
    // How the store refuses content that has another MD5.
    if (answerOfGcs(error).status === 400) return false;
    throw error;
  }
  return session.finishedAs === last.md5;
}
