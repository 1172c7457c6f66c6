import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/**
 * As many ports of 127.0.0.1 as asked for, all different, on which nobody listens. They are chosen at random below 32768:
 * the system itself hands out higher ones, to whoever connects or listens between this choice and its use.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  return await takePorts(count, async () => {
    for (;;) {
      try {
        return await listen(randomInt(10_000, 32_768));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  });
}

/** One such port. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1);
  return port!;
}

/** Holds all of them before it lets any go, so that none comes twice. */
async function takePorts(count: number, take: () => Promise<Server>): Promise<number[]> {
  const listeners = await Promise.all(Array.from({ length: count }, take));
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')));
  return ports;
}

async function listen(port: number): Promise<Server> {
  const listener = createServer().listen(port, '127.0.0.1');
  await once(listener, 'listening');
  return listener;
}
