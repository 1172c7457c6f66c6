import { installToxiproxy } from '../install/install-toxiproxy.js';
import { findFreePort } from './free-port.js';
import { makeServerDirectory, makeStop, startOrStop, type Stoppable } from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/** One disturbance of a connection; see https://github.com/Shopify/toxiproxy#toxics. */
export interface Toxic {
  type: 'latency' | 'bandwidth' | 'slow_close' | 'timeout' | 'reset_peer' | 'slicer' | 'limit_data';
  /** Times in milliseconds, `rate` in kB/s, `bytes` in bytes. */
  attributes: Readonly<Record<string, number>>;
  /** Towards the client (`downstream`, the default) or towards the server. */
  stream?: 'upstream' | 'downstream';
}

/** An address of one's own that leads to another server. */
export interface Proxy {
  host: string;
  port: number;
  /** Refuses new connections and cuts those that exist. */
  disable(): Promise<void>;
  enable(): Promise<void>;
  /** Answers with the toxic's name. */
  addToxic(toxic: Toxic): Promise<string>;
  removeToxic(name: string): Promise<void>;
}

/** A running toxiproxy. */
export interface Toxiproxy extends Stoppable {
  /** @param upstream host:port of the server to reach */
  createProxy(upstream: string): Promise<Proxy>;
}

/** Starts toxiproxy on 127.0.0.1. */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const command = await installToxiproxy();
  const port = await findFreePort();
  const directory = await makeServerDirectory('toxiproxy');
  const call = makeCaller(`http://127.0.0.1:${port}`);
  const server = prepareServerProcess({
    name: 'toxiproxy',
    command,
    args: ['-host', '127.0.0.1', '-port', String(port)],
    directory,
    isReady: async () => (await call('GET', '/version')) !== undefined,
  });
  const stoppable = makeStop(() => server.end(), directory);
  await startOrStop(() => server.start(), stoppable);
  let created = 0;
  return {
    ...stoppable,
    async createProxy(upstream) {
      const name = `proxy-${++created}`;
      const { listen } = await call<{ listen: string }>('POST', '/proxies', {
        ...{ name, upstream, listen: '127.0.0.1:0', enabled: true },
      });
      const path = `/proxies/${name}`;
      // From now on the port is named: after disable() the same one must be opened again.
      await call('POST', path, { listen });
      return {
        host: '127.0.0.1',
        port: Number(listen.slice(listen.lastIndexOf(':') + 1)),
        disable: async () => void (await call('POST', path, { enabled: false })),
        enable: async () => void (await call('POST', path, { enabled: true })),
        addToxic: async (toxic) => (await call<{ name: string }>('POST', `${path}/toxics`, toxic)).name,
        removeToxic: async (toxic) => void (await call('DELETE', `${path}/toxics/${toxic}`)),
      };
    },
  };
}

type Caller = <T = unknown>(method: string, path: string, body?: object) => Promise<T>;

function makeCaller(base: string): Caller {
  return async <T>(method: string, path: string, body?: object) => {
    const response = await fetch(base + path, {
      method,
      signal: AbortSignal.timeout(5_000),
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`toxiproxy answered ${response.status} to ${method} ${path}: ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  };
}
