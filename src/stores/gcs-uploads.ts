import type { GcsConnection } from './gcs-connection.js';
import { isNotThere, isTaken } from './gcs-errors.js';
import {
  UNLESS_PRESENT,
  deleteObject,
  listObjects,
  putObject,
  type GcsObjectSettings,
} from './gcs-objects.js';
import { cancelSession } from './gcs-session.js';
import type { Source, UnfinishedUpload } from './store.js';

/**
 * Where the store keeps the URIs of uploads that were begun, since it does not list them itself: in objects of their own,
 * `.uploads/<key>/<SHA-256 of the file>`, deleted when the upload has ended. So whoever restarts a worker anywhere goes
 * on with them, and never with those of another file. Who can read them can write to that upload, and to nothing else;
 * what is stored is compared with its checksum afterwards.
 */
const RECORDS = '.uploads/';

/** Whether a key is that of such an object. */
export const isRecord = (key: string): boolean => key.startsWith(RECORDS);

/** An upload at the store, and whether it was begun by an earlier call, and so may have something of the file. */
export interface GcsUpload {
  uri: string;
  isContinued: boolean;
}

/** The upload of this file to `key`: the one that was begun, or a new one. */
export async function findOrBeginUpload(
  gcs: GcsConnection,
  key: string,
  file: Source,
  settings: GcsObjectSettings,
  signal: AbortSignal,
): Promise<GcsUpload> {
  const record = `${RECORDS}${key}/${file.sha256}`;
  const begun = await readRecord(gcs, record, signal);
  if (begun !== undefined) return { uri: begun, isContinued: true };
  const [uri] = await gcs.ask(signal, () =>
    gcs.bucket.file(gcs.toObjectName(key)).createResumableUpload({
      metadata: { ...settings, contentLength: file.bytes },
      preconditionOpts: UNLESS_PRESENT,
    }),
  );
  try {
    await putObject(gcs, record, Buffer.from(uri), {}, signal);
  } catch (error) {
    // Somebody else began it at the same time.
    const theirs = isTaken(error) ? await readRecord(gcs, record, signal) : undefined;
    if (theirs === undefined) throw error;
    return { uri: theirs, isContinued: true };
  }
  return { uri, isContinued: false };
}

/** The uploads below `prefix` that were begun and have not ended. */
export async function* listUploads(
  gcs: GcsConnection,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<UnfinishedUpload> {
  for await (const { key: record, metadata } of listObjects(gcs, RECORDS + prefix, signal)) {
    const key = record.slice(RECORDS.length, record.lastIndexOf('/'));
    yield { key, startedAt: new Date(metadata.timeCreated!) };
  }
}

/** Gives up the uploads of a key, and forgets those that have ended; success when there are none. */
export async function endUploads(gcs: GcsConnection, key: string, signal: AbortSignal): Promise<void> {
  for await (const { key: record } of listObjects(gcs, `${RECORDS}${key}/`, signal)) {
    const uri = await readRecord(gcs, record, signal);
    if (uri !== undefined) await cancelSession(gcs, uri, signal);
    await deleteObject(gcs, record, signal);
  }
}

async function readRecord(
  gcs: GcsConnection,
  record: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const [content] = await gcs.ask(signal, () => gcs.bucket.file(gcs.toObjectName(record)).download());
    return content.toString();
  } catch (error) {
    if (!isNotThere(error)) throw error;
    return undefined;
  }
}
