/** How long a channel may take to answer, in milliseconds. */
const TIMEOUT = 15_000;
/** How much of an answer is read, in characters. */
const ANSWER_LENGTH = 2000;

/** What is sent. */
export interface OutgoingRequest {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}

/**
 * Sends a request to a channel. A redirection is no success: a message that is posted again elsewhere arrives as a GET, or
 * hands a signature to another host.
 *
 * @param who - the channel, for messages: never its URL, the rest of which is often a secret
 * @param explain - finds in the body of a refusal what the channel says of it
 * @throws Error when the channel cannot be reached or answers anything but success
 */
export async function sendRequest(
  who: string,
  url: string,
  { method, headers = {}, body }: OutgoingRequest,
  signal: AbortSignal,
  explain: (answer: string) => string | undefined = () => undefined,
): Promise<void> {
  const target = new URL(url);
  const authorization = takeCredentials(target);
  let response: Response;
  let answer: string;
  try {
    response = await fetch(target, {
      method,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
    answer = response.ok ? '' : (await response.text()).slice(0, ANSWER_LENGTH);
    if (response.ok) await response.body?.cancel();
  } catch {
    signal.throwIfAborted();
    throw new Error(`${who} did not answer`);
  }
  if (response.ok) return;
  const explanation = explain(answer);
  throw new Error(`${who} answered ${response.status}${explanation ? ` (${explanation})` : ''}`);
}

/** User and password of a URL as the header that they become: fetch takes no URL that holds them. */
function takeCredentials(url: URL): string | undefined {
  const { username, password } = url;
  if (username === '' && password === '') return undefined;
  Object.assign(url, { username: '', password: '' });
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
