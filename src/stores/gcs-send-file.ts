import { createHash } from 'node:crypto';
import type { GcsConnection } from './gcs-connection.js';
import { answerOfGcs } from './gcs-errors.js';
import { askSession, sendPart, type GcsSession } from './gcs-session.js';
import type { GcsUpload } from './gcs-uploads.js';
import { choosePartSize } from './part-size.js';
import { readSource } from './source.js';
import type { Source, TransferOptions } from './store.js';

/**
 * Sends what a resumable upload of `file` does not have, reading the file once from its start. Holds two parts of it.
 *
 * The last part makes the object, and so is sent when the file proved undamaged.
 *
 * @returns the MD5 that the object has, base64; undefined when another content came to the store, which then keeps none
 * @throws OperationError `ArtifactDamaged` when the file does not have its digest
 */
export async function sendFile(
  gcs: GcsConnection,
  key: string,
  { uri, isContinued }: GcsUpload,
  file: Source,
  { signal, onProgress }: TransferOptions,
): Promise<string | undefined> {
  const { bytes } = file;
  const session: GcsSession = isContinued ? await askSession(gcs, uri, bytes, signal) : { persisted: 0 };
  const buffers = [1, 2].map(() => Buffer.allocUnsafeSlow(choosePartSize(bytes)));
  const hash = createHash('md5');
  let last = { content: Buffer.alloc(0) as Buffer, position: 0, bytes };
  for await (const content of readSource(file, () => buffers.reverse()[0]!, signal)) {
    hash.update(content);
    const end = last.position + last.content.length;
    await sendPart(gcs, uri, session, last, signal);
    if (end > 0) onProgress(end);
    last = { content, position: end, bytes };
  }
  const md5 = hash.digest('base64');
  try {
    await sendPart(gcs, uri, session, { ...last, md5 }, signal);
  } catch (error) {
    // How the store refuses content that has another MD5.
    if (answerOfGcs(error).status === 400) return undefined;
    throw error;
  }
  const { finished } = session;
  if (finished?.md5Hash === md5) return md5;
  if (finished) {
    // That object, and not one that somebody else may have put in its place.
    const object = gcs.bucket.file(gcs.toObjectName(key), { generation: finished.generation });
    await gcs.ask(signal, () => object.delete({ ignoreNotFound: true }));
  }
  return undefined;
}
