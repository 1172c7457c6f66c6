import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OperationError } from '../model/failures.js';
import type { Logger } from '../observability/logger.js';

/** A check by name: resolves when all is well, with a sentence when it will not be for long, and rejects with what is wrong. */
export type Checks = Record<string, () => Promise<string | void>>;

/** The content type of Prometheus's text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What an endpoint found, by check: `ok`, a warning, or the fault. */
async function runChecks(checks: Checks): Promise<{ healthy: boolean; report: Record<string, string> }> {
  const report: Record<string, string> = {};
  let healthy = true;
  await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        const warning = await check();
        report[name] = warning === undefined ? 'ok' : `warning: ${warning}`;
      } catch (error) {
        healthy = false;
        report[name] = error instanceof Error ? error.message : String(error);
      }
    }),
  );
  return { healthy, report };
}

/**
 * Serves `/health` (does the process work?) and `/ready` (can it do its work: Temporal, PostgreSQL, stores, keys?), each with
 * 200 or 503 and a JSON report, and `/metrics`, with 500 when they cannot be rendered.
 *
 * @param renderMetrics - in Prometheus's text format
 *
 * @throws OperationError `InvalidConfiguration` when the port is taken
 */
export async function serveHealth(
  { address, port }: { address: string; port: number },
  endpoints: Record<'/health' | '/ready', Checks>,
  renderMetrics: () => Promise<string>,
  logger: Pick<Logger, 'error'>,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    // Not with URL, which throws for what a client may well send, such as `//`.
    const path = request.url!.replace(/\?.*$/, '').replace(/(?<=.)\/$/, '');
    if (path === '/metrics') {
      renderMetrics().then(
        (text) => response.writeHead(200, { 'content-type': METRICS_TYPE }).end(text),
        (error: unknown) => {
          logger.error({ error }, 'the metrics could not be rendered');
          response.writeHead(500).end();
        },
      );
      return;
    }
    const checks = path === '/health' || path === '/ready' ? endpoints[path] : undefined;
    if (!checks) {
      response.writeHead(404).end();
      return;
    }
    void runChecks(checks).then(({ healthy, report }) => {
      response
        .writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(report)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const fault = `${address}:${port} cannot be listened on (${cause.code})`;
      reject(
        new OperationError('InvalidConfiguration', `${fault}; set worker.port to a free one.`, { cause }),
      );
    });
    server.listen(port, address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
