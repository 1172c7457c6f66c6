import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** The store keeps what was sent of an upload that broke off in whole pieces of so many bytes. */
const PIECE = 256 * 1024;

/** A request that belongs to a resumable upload. */
export interface SessionRequest {
  method: string;
  /** `Content-Range`, as sent. */
  range: string | undefined;
  /** How many bytes of it came here. */
  received: number;
}

/** What such a server does otherwise than it should, or than usual. */
export interface GcsInterference {
  /** Answers a part or question with this status, and keeps nothing of it. */
  answer?: (request: SessionRequest) => number | undefined;
  /** How many of a part's bytes are kept; default: all. */
  keep?: (bytes: number) => number;
  /** Whether the part's content is changed on its way. */
  damage?: (request: SessionRequest) => boolean;
  /** Whether the MD5 that the last part carries is not looked at. */
  ignoreHash?: boolean;
}

/** A Google Cloud Storage server whose resumable uploads can be asked for their state, and broken off. */
export interface GcsWithSessions extends AsyncDisposable {
  endpoint: string;
  /** All requests of resumable uploads so far. */
  requests: SessionRequest[];
  /** Forgets all uploads, as the store does after a week. */
  forgetSessions(): void;
}

interface Session {
  /** Path and query of the upload in one request that makes the object at the end. */
  target: string;
  metadata: object;
  content: Buffer;
  received: number;
  finished?: { status: number; body: string };
}

/**
 * Puts the documented protocol of resumable uploads in front of fake-gcs-server, which takes a question for the state of
 * an upload for its end. Everything else is passed on; a complete upload becomes an object there.
 *
 * @see https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
export async function startGcsWithSessions(
  upstream: string,
  interference: GcsInterference = {},
): Promise<GcsWithSessions> {
  const sessions = new Map<string, Session>();
  const requests: SessionRequest[] = [];
  const { hostname, port } = new URL(upstream);

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url: path, headers } = incoming;
    const onward = forward({ hostname, port, method, path, headers }, (answer) => {
      answer.once('error', () => outgoing.destroy());
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  async function begin(incoming: IncomingMessage, outgoing: ServerResponse, url: URL): Promise<void> {
    const id = randomUUID();
    const metadata = JSON.parse((await buffer(incoming)).toString() || '{}') as object;
    const content = Buffer.alloc(Number(incoming.headers['x-upload-content-length']));
    url.searchParams.set('uploadType', 'multipart');
    sessions.set(id, { target: url.pathname + url.search, metadata, content, received: 0 });
    outgoing.writeHead(200, { location: `${endpointOf(server)}${url.pathname}?upload_id=${id}` }).end();
  }

  async function receive(incoming: IncomingMessage, outgoing: ServerResponse, id: string): Promise<void> {
    const range = incoming.headers['content-range'];
    const request: SessionRequest = { method: incoming.method!, range, received: 0 };
    requests.push(request);
    const session = sessions.get(id);
    const status = session ? interference.answer?.(request) : 404;
    if (status !== undefined) {
      incoming.resume().once('end', () => outgoing.writeHead(status).end());
      return;
    }
    if (incoming.method === 'DELETE') {
      sessions.delete(id);
      outgoing.writeHead(499).end();
      return;
    }
    const [, start, end, total] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(range ?? '') ?? [];
    if (start === undefined) await buffer(incoming);
    else if (!(await keep(session!, incoming, request, Number(start)))) return;
    const isLast = Number(end) + 1 === Number(total);
    if (start !== undefined && !isLast && request.received % PIECE !== 0) outgoing.writeHead(400).end();
    else if (session!.finished ?? session!.received === Number(total)) {
      session!.finished ??= await finish(session!, incoming.headers['x-goog-hash']);
      outgoing.writeHead(session!.finished.status).end(session!.finished.body);
    } else {
      const has = session!.received > 0 ? { range: `bytes=0-${session!.received - 1}` } : {};
      outgoing.writeHead(308, has).end();
    }
  }

  /** Takes a part in; false when it broke off. */
  async function keep(
    session: Session,
    incoming: IncomingMessage,
    request: SessionRequest,
    start: number,
  ): Promise<boolean> {
    let isWhole = true;
    try {
      for await (const piece of incoming as AsyncIterable<Buffer>) {
        if (request.received === 0 && interference.damage?.(request)) piece[0]! ^= 1;
        // What it has already is ignored.
        piece.copy(session.content, start + request.received);
        request.received += piece.length;
      }
    } catch {
      isWhole = false;
    }
    const kept = isWhole ? (interference.keep?.(request.received) ?? request.received) : request.received;
    const end = start + (kept === request.received && isWhole ? kept : kept - (kept % PIECE));
    if (start <= session.received) session.received = Math.max(session.received, end);
    return isWhole;
  }

  async function finish(
    session: Session,
    hash: string | string[] | undefined,
  ): Promise<{ status: number; body: string }> {
    const md5 = createHash('md5').update(session.content).digest('base64');
    const isWrong = typeof hash === 'string' && hash !== `md5=${md5}`;
    if (isWrong && !interference.ignoreHash) return { status: 400, body: '{}' };
    const edge = randomUUID();
    const head = (type: string) => `--${edge}\r\ncontent-type: ${type}\r\n\r\n`;
    const response = await fetch(upstream + session.target, {
      method: 'POST',
      headers: { 'content-type': `multipart/related; boundary=${edge}` },
      body: Buffer.concat([
        Buffer.from(`${head('application/json')}${JSON.stringify(session.metadata)}\r\n`),
        Buffer.from(head('application/octet-stream')),
        session.content,
        Buffer.from(`\r\n--${edge}--\r\n`),
      ]),
    });
    return { status: response.status, body: await response.text() };
  }

  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url!, upstream);
    const id = url.searchParams.get('upload_id');
    if (id !== null) void receive(incoming, outgoing, id);
    else if (url.searchParams.get('uploadType') === 'resumable') void begin(incoming, outgoing, url);
    else pass(incoming, outgoing);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: endpointOf(server),
    requests,
    forgetSessions: () => sessions.clear(),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function endpointOf(server: { address(): unknown }): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
