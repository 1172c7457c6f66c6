import { setTimeout as delay } from 'node:timers/promises';
import type { GcsConnection } from './gcs-connection.js';
import { answerOfGcs } from './gcs-errors.js';

/**
 * A resumable upload at the store. Its URI is all that is needed to go on with it, from anywhere; the store keeps it for
 * a week.
 *
 * @see https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
export interface GcsSession {
  /** As many bytes of the file as the store has for certain. */
  persisted: number;
  /** The object that the upload has become. */
  finished?: { md5Hash?: string; generation: string };
}

/** A request is sent so often, unless the store keeps more of the file each time. */
const TRIES = 3;

/** What an upload answers that was completed, cancelled or forgotten. */
const ended = [404, 410, 499];
const endedByOthers = () => Object.assign(new Error('ended'), { code: 410 });

const isPassing = (status: number | undefined) =>
  status === undefined || status === 408 || status === 429 || status >= 500;

/** Asks how much of a file of `bytes` the session has. */
export async function askSession(
  gcs: GcsConnection,
  uri: string,
  bytes: number,
  signal: AbortSignal,
): Promise<GcsSession> {
  return await put(gcs, uri, { 'content-range': `bytes */${bytes}` }, undefined, signal);
}

/**
 * Sends the part of a file of `bytes` that begins at `position`, unless the session has it. What is sent is what comes
 * after the bytes that the store has for certain: it may keep less of a request than it was sent, and another process may
 * be sending the same file.
 *
 * @param md5 - the file's, base64, which the store compares when it has the last part
 */
export async function sendPart(
  gcs: GcsConnection,
  uri: string,
  session: GcsSession,
  part: { content: Buffer; position: number; bytes: number; md5?: string },
  signal: AbortSignal,
): Promise<void> {
  const { content, position, bytes, md5 } = part;
  const end = position + content.length;
  for (let tries = 1; session.persisted < end && session.finished === undefined; tries++) {
    const from = session.persisted;
    try {
      const range = `bytes ${from}-${end - 1}/${bytes}`;
      const headers = { 'content-range': range, ...(md5 && { 'x-goog-hash': `md5=${md5}` }) };
      Object.assign(session, await put(gcs, uri, headers, content.subarray(from - position), signal));
    } catch (error) {
      if (tries >= TRIES || !isPassing(answerOfGcs(error).status)) throw error;
      await delay(1000 * tries, undefined, { signal });
      Object.assign(session, await askSession(gcs, uri, bytes, signal));
    }
    if (session.persisted > from) tries = 0;
    // What the store had for certain is gone.
    if (session.persisted < position || tries >= TRIES) throw gcs.toError(endedByOthers());
  }
}

/** Gives up an upload; success when it has ended already. */
export async function cancelSession(gcs: GcsConnection, uri: string, signal: AbortSignal): Promise<void> {
  await gcs.ask(signal, (stop) => fetch(uri, { method: 'DELETE', signal: stop }));
}

async function put(
  gcs: GcsConnection,
  uri: string,
  headers: Record<string, string>,
  body: Buffer | undefined,
  signal: AbortSignal,
): Promise<GcsSession> {
  return await gcs.ask(signal, async (stop) => {
    const request = { method: 'PUT', headers, body: body ?? '', redirect: 'manual', signal: stop } as const;
    const response = await fetch(uri, request);
    const answer = await response.text();
    if (response.ok) {
      const finished = JSON.parse(answer) as NonNullable<GcsSession['finished']> & { size: string };
      return { persisted: Number(finished.size), finished };
    }
    if (ended.includes(response.status)) throw endedByOthers();
    if (response.status !== 308) throw Object.assign(new Error('refused'), { code: response.status });
    const range = /^bytes=0-(\d+)$/.exec(response.headers.get('range') ?? '');
    return { persisted: range ? Number(range[1]) + 1 : 0 };
  });
}
