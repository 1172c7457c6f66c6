import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { MetricsExporterConfig } from '@temporalio/worker';

/** How long the SDK may take to answer, in milliseconds. */
const PATIENCE = 1000;

/** The metrics of the Temporal SDK, which it serves itself, on the loopback interface. */
export interface TemporalSdkMetrics {
  /** For the SDK's `Runtime`. */
  exporter: MetricsExporterConfig;
  /** In Prometheus's text format; empty when it does not answer, which keeps nobody from the rest. */
  render(): Promise<string>;
}

/** Finds a place for the SDK to serve its metrics at. */
export async function placeTemporalSdkMetrics(): Promise<TemporalSdkMetrics> {
  const address = `127.0.0.1:${await findFreePort()}`;
  return {
    exporter: {
      prometheus: {
        bindAddress: address,
        countersTotalSuffix: true,
        unitSuffix: true,
        useSecondsForDurations: true,
      },
    },
    render: async () => {
      try {
        const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(PATIENCE) });
        return response.ok ? await response.text() : '';
      } catch {
        return '';
      }
    },
  };
}

/**
 * The SDK does not say which port it was given, so it has to be told one: below those that the system itself hands out, to
 * whoever connects or listens between this choice and its use.
 */
async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    await once(server.close(), 'close');
    return port;
  }
}
