import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { rememberSecret } from '../../src/observability/redaction.js';
import { postWebhook } from '../../src/observability/webhook.js';

const signal = new AbortController().signal;

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/very-secret-path`;
}

it('posts the document as JSON, without secrets', async () => {
  rememberSecret('pass"word');
  let received = '';
  const url = await serve((request, response) => {
    received += `${request.method} ${request.url} ${request.headers['content-type']}\n`;
    request.setEncoding('utf8').on('data', (piece) => (received += piece));
    request.on('end', () => response.writeHead(204).end());
  });
  await postWebhook(url, { what: 'no pass"word here', n: 1 }, signal);
  expect(received).toBe('POST /hook/very-secret-path application/json\n{"what":"no *** here","n":1}');
});

it('says what a channel answered, and not the path, which is often a secret', async () => {
  const url = await serve((_request, response) => response.writeHead(503).end('very long'.repeat(1000)));
  const failure = await postWebhook(url, {}, signal).catch((error: unknown) => String(error));
  expect(failure).toMatch(/^Error: the webhook at 127\.0\.0\.1:\d+ answered 503$/);
});

it('says when a channel does not answer', async () => {
  const url = await serve((request) => request.socket.destroy());
  await expect(postWebhook(url, {}, signal)).rejects.toThrow(
    /^the webhook at 127\.0\.0\.1:\d+ did not answer$/,
  );
});

it('ends when it is aborted', async () => {
  const controller = new AbortController();
  const url = await serve(() => controller.abort(new Error('cancelled by hand')));
  await expect(postWebhook(url, {}, controller.signal)).rejects.toThrow('cancelled by hand');
});
