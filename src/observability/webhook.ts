import { redactedJson } from './redaction.js';

/** How long a channel may take to answer, in milliseconds. */
const TIMEOUT = 15_000;

/**
 * Posts a JSON document.
 *
 * @throws Error when the channel cannot be reached or answers anything but success; names its host only, since the rest
 * of such a URL is often a secret
 */
export async function postWebhook(url: string, body: object, signal: AbortSignal): Promise<void> {
  const { host } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: redactedJson(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
  } catch {
    signal.throwIfAborted();
    throw new Error(`the webhook at ${host} did not answer`);
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook at ${host} answered ${response.status}`);
}
