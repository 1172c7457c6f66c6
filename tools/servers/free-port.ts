import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** As many ports of 127.0.0.1 as asked for, all different, on which nobody listens. */
export async function findFreePorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(
    Array.from({ length: count }, async () => {
      const listener = createServer().listen(0, '127.0.0.1');
      await once(listener, 'listening');
      return listener;
    }),
  );
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(
    listeners.map(async (listener) => {
      listener.close();
      await once(listener, 'close');
    }),
  );
  return ports;
}

/** One port of 127.0.0.1 on which nobody listens. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1);
  return port as number;
}
