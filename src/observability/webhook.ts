import { createHmac } from 'node:crypto';
import { redactedJson } from './redaction.js';
import { sendRequest } from './send-request.js';

/** Holds `sha256=` and, in hex, the HMAC of the body as it was sent. */
export const SIGNATURE_HEADER = 'x-signature-256';

/**
 * Posts a JSON document, signed where a secret is given: who receives it can tell that it was sent by us and not changed.
 *
 * @throws Error when the channel cannot be reached or answers anything but success; names its host only, since the rest
 * of such a URL is often a secret
 */
export async function postWebhook(
  url: string,
  document: object,
  signal: AbortSignal,
  secret?: string,
): Promise<void> {
  const body = redactedJson(document);
  const headers = {
    'content-type': 'application/json',
    ...(secret === undefined
      ? {}
      : { [SIGNATURE_HEADER]: `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
  };
  await sendRequest(`the webhook at ${new URL(url).host}`, url, { method: 'POST', headers, body }, signal);
}
