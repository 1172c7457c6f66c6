import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';

/** A request on its way to the S3 server. */
export interface ProxiedRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingMessage['headers'];
  /** Set for a part of an upload. */
  partNumber: number | undefined;
}

/** What a proxy does to the traffic, where it does not just pass it on. */
export interface Interference {
  /** Answers in the server's stead, with this status and no body. */
  answer?: (request: ProxiedRequest) => number | undefined;
  /** Whose body loses its first byte to another one on its way. */
  damage?: (request: ProxiedRequest) => boolean;
  /** Keeps response headers from the client. */
  hide?: RegExp;
  /** Response headers that the client gets in place of the server's. */
  headers?: () => Record<string, string>;
  /** Keeps the request from the server until this resolves; for ever when the client goes away meanwhile. */
  holdRequest?: (request: ProxiedRequest) => Promise<void> | undefined;
  /** Keeps the server's answer from the client until this resolves. */
  holdAnswer?: (request: ProxiedRequest) => Promise<void> | undefined;
}

/** A proxy in front of an S3 server. */
export interface S3Proxy extends AsyncDisposable {
  endpoint: string;
  /** All requests so far, in their order. */
  requests: ProxiedRequest[];
}

/** Starts a proxy on 127.0.0.1 that records what is asked of the S3 server behind it. */
export async function startS3Proxy(endpoint: string, interference: Interference = {}): Promise<S3Proxy> {
  const requests: ProxiedRequest[] = [];
  const { hostname, port } = new URL(endpoint);

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const partNumber = /[?&]partNumber=(\d+)/.exec(incoming.url!)?.[1];
    const request = {
      method: incoming.method!,
      url: incoming.url!,
      headers: incoming.headers,
      partNumber: partNumber === undefined ? undefined : Number(partNumber),
    };
    requests.push(request);
    const status = interference.answer?.(request);
    if (status !== undefined) {
      incoming.resume().once('end', () => outgoing.writeHead(status, { 'content-length': 0 }).end());
      return;
    }
    await interference.holdRequest?.(request);
    if (outgoing.destroyed) return;
    const { expect: _, ...headers } = incoming.headers;
    const onward = forward(
      { hostname, port, method: request.method, path: request.url, headers },
      (response) => {
        response.once('error', () => outgoing.destroy());
        const answer = () => {
          const shown = Object.entries(response.headers).filter(([name]) => !interference.hide?.test(name));
          outgoing.writeHead(response.statusCode!, {
            ...Object.fromEntries(shown),
            ...interference.headers?.(),
          });
          response.pipe(outgoing);
        };
        const held = interference.holdAnswer?.(request);
        if (held) void held.then(answer);
        else answer();
      },
    );
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    if (interference.damage?.(request)) incoming.pipe(changeFirstByte()).pipe(onward);
    else incoming.pipe(onward);
  }

  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function changeFirstByte(): Transform {
  let isChanged = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (!isChanged) chunk[0]! ^= 1;
      isChanged = true;
      done(null, chunk);
    },
  });
}
