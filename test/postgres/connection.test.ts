import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServerConnection } from '../../src/model/server-connection.js';
import { libpqEnvironment, withConnection } from '../../src/postgres/connection.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const signal = new AbortController().signal;
const server: ServerConnection = {
  name: 'main',
  host: '127.0.0.1',
  port: 5432,
  user: 'backup',
  password: 'hunter22',
  sslmode: 'disable',
};

/** A server that does this with each connection. */
async function listen(onConnection: (socket: Socket) => void): Promise<ServerConnection> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return { ...server, port: (listener.address() as AddressInfo).port };
}

/** An ErrorResponse of PostgreSQL's protocol. */
function errorResponse(sqlState: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

const connect = (to: ServerConnection, abort = signal) =>
  withConnection(to, 'agentic', abort, () => Promise.resolve('connected'));

describe('a server that cannot be used', () => {
  it.each([
    ['28P01', 'AuthenticationFailed'],
    ['28000', 'AuthenticationFailed'],
    ['3D000', 'DatabaseNotFound'],
    ['53300', 'ServerUnreachable'],
    ['57P03', 'ServerUnreachable'],
    ['XX000', 'Unexpected'],
  ])('and answers with %s is %s', async (sqlState, type) => {
    const refusing = await listen((socket) =>
      socket.once('data', () => socket.end(errorResponse(sqlState, 'no'))),
    );
    await expect(connect(refusing)).rejects.toMatchObject({
      type,
      message: expect.stringContaining(
        `PostgreSQL server main (127.0.0.1:${refusing.port}), database "agentic": no; `,
      ) as string,
    });
  });

  it('because nobody listens is unreachable', async () => {
    const closed = await listen(() => undefined);
    await expect(connect({ ...closed, port: 1 })).rejects.toMatchObject({
      type: 'ServerUnreachable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('because its name is unknown is unreachable', async () => {
    await expect(connect({ ...server, host: 'no-such-host.invalid' })).rejects.toMatchObject({
      type: 'ServerUnreachable',
    });
  });

  it('because it hangs up is unreachable', async () => {
    const hangingUp = await listen((socket) => socket.destroy());
    await expect(connect(hangingUp)).rejects.toMatchObject({ type: 'ServerUnreachable' });
  });

  it('because it has no TLS is unreachable, and is sent no password', async () => {
    const received: Buffer[] = [];
    const plain = await listen((socket) =>
      socket.on('data', (piece) => {
        received.push(piece);
        socket.write('N');
      }),
    );
    await expect(connect({ ...plain, sslmode: 'require' })).rejects.toMatchObject({
      type: 'ServerUnreachable',
    });
    expect(Buffer.concat(received).includes('hunter22')).toBe(false);
  });

  it('because the certificate of its authority cannot be read is told with the file', async () => {
    const sslRootCert = join(await makeScratchDirectory(), 'ca.crt');
    await expect(connect({ ...server, sslmode: 'verify-full', sslRootCert })).rejects.toMatchObject({
      type: 'InvalidConfiguration',
      message: expect.stringContaining(sslRootCert) as string,
    });
  });
});

it('ends at once when it is aborted, though the server is silent', async () => {
  const controller = new AbortController();
  const silent = await listen((socket) =>
    socket.once('data', () => controller.abort(new Error('cancelled by hand'))),
  );
  await expect(connect(silent, controller.signal)).rejects.toThrow('cancelled by hand');
});

describe('the environment of a program', () => {
  it('names the server, and holds no more than it needs', () => {
    expect(libpqEnvironment(server, "a=b 'c'")).toMatchObject({
      PGHOST: '127.0.0.1',
      PGPORT: '5432',
      PGUSER: 'backup',
      PGPASSWORD: 'hunter22',
      PGDATABASE: "a=b 'c'",
      PGSSLMODE: 'disable',
    });
    const { password, ...without } = server;
    expect(password).toBeDefined();
    const environment = libpqEnvironment({ ...without, passFile: '/pgpass' }, 'a');
    expect(environment).toMatchObject({ PGPASSFILE: '/pgpass' });
    expect(environment).not.toHaveProperty('PGPASSWORD');
  });
});
