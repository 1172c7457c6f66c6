import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { serveHealth, type Checks } from '../../src/worker/health-server.js';

const well = () => Promise.resolve();
const metrics = () => Promise.resolve('backup_expected 1\n');
const quiet = { error: () => undefined };

async function serve(health: Checks, ready: Checks = {}): Promise<{ url: string; port: number }> {
  const { port, close } = await serveHealth(
    { address: '127.0.0.1', port: 0 },
    { '/health': health, '/ready': ready },
    metrics,
    quiet,
  );
  onTestFinished(close);
  return { url: `http://127.0.0.1:${port}`, port };
}

async function ask(url: string): Promise<[status: number, report: unknown]> {
  const response = await fetch(url);
  const text = await response.text();
  return [response.status, text === '' ? undefined : JSON.parse(text)];
}

it('answers 200 when all checks are well, and 503 with the faults otherwise', async () => {
  const { url } = await serve(
    { queue: well },
    { temporal: well, 'server main': () => Promise.reject(new Error('refused')) },
  );
  expect(await ask(`${url}/health`)).toEqual([200, { queue: 'ok' }]);
  expect(await ask(`${url}/health/`)).toEqual([200, { queue: 'ok' }]);
  expect(await ask(`${url}/health?verbose`)).toEqual([200, { queue: 'ok' }]);
  expect(await ask(`${url}/ready`)).toEqual([503, { temporal: 'ok', 'server main': 'refused' }]);
});

it('answers 200 to what will not be well for long, and says so', async () => {
  const { url } = await serve({}, { keys: () => Promise.resolve('expires soon'), temporal: well });
  expect(await ask(`${url}/ready`)).toEqual([200, { keys: 'warning: expires soon', temporal: 'ok' }]);
});

it.each(['/metrics', '/metrics/', '/metrics?x=1'])('serves the metrics at %s', async (path) => {
  const { url } = await serve({});
  const response = await fetch(url + path);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toBe('backup_expected 1\n');
});

it('answers 500 to who asks for metrics that cannot be rendered, and logs why', async () => {
  const logged: object[] = [];
  const fault = new Error('broken');
  const { port, close } = await serveHealth(
    { address: '127.0.0.1', port: 0 },
    { '/health': { queue: well }, '/ready': {} },
    () => Promise.reject(fault),
    { error: (entry: object) => void logged.push(entry) },
  );
  onTestFinished(close);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(500);
  expect(logged).toEqual([{ error: fault }]);
  expect(await ask(`http://127.0.0.1:${port}/health`)).toEqual([200, { queue: 'ok' }]);
});

it('takes a check that throws at once for one that failed', async () => {
  const { url } = await serve({
    queue: () => {
      throw new Error('broken');
    },
  });
  expect(await ask(`${url}/health`)).toEqual([503, { queue: 'broken' }]);
});

it('looks anew at each request', async () => {
  let fault = true;
  const { url } = await serve({ queue: () => (fault ? Promise.reject(new Error('not yet')) : well()) });
  expect((await ask(`${url}/health`))[0]).toBe(503);
  fault = false;
  expect((await ask(`${url}/health`))[0]).toBe(200);
});

it.each(['/', '/healthy', '/health/x', '/__proto__', '/constructor'])('answers 404 to %s', async (path) => {
  const { url } = await serve({});
  expect((await ask(url + path))[0]).toBe(404);
});

it.each(['//', '*', 'http://[', '/%'])('outlives a request for %s', async (target) => {
  const { url, port } = await serve({ queue: well });
  const socket = connect(port, '127.0.0.1');
  socket.end(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  await once(socket.resume(), 'close');
  expect((await ask(`${url}/health`))[0]).toBe(200);
});

it('says that its port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await expect(
    serveHealth({ address: '127.0.0.1', port }, { '/health': {}, '/ready': {} }, metrics, quiet),
  ).rejects.toMatchObject({
    type: 'InvalidConfiguration',
    message: `127.0.0.1:${port} cannot be listened on (EADDRINUSE); set worker.port to a free one.`,
  });
});

it('closes at once, though somebody is still connected', async () => {
  const { port, close } = await serveHealth(
    { address: '127.0.0.1', port: 0 },
    { '/health': {}, '/ready': {} },
    metrics,
    quiet,
  );
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  await close();
  await once(socket.resume(), 'close');
});
