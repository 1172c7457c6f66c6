import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Dependencies } from '../activities/dependencies.js';
import { resolveConnection } from '../config/connections.js';
import { keepFresh } from '../metrics/keep-fresh.js';
import { createSubjectReader } from '../metrics/read-subjects.js';
import { subjectMetrics, type ExpectingServer } from '../metrics/subject-metrics.js';
import type { Logger } from '../observability/logger.js';
import { configuredDatabases } from '../postgres/configured-databases.js';

/** How long a server may take to list its databases, in milliseconds. */
const TIMEOUT = 5000;

/** What a worker tells Prometheus. */
export interface WorkerMetrics {
  render: () => Promise<string>;
  stop: () => Promise<void>;
}

/**
 * Starts to keep the metrics up to date: those of the process and, where the worker has what it takes, those of the
 * backups.
 */
export function startMetrics(dependencies: Dependencies | undefined, logger: Logger): WorkerMetrics {
  const process = new Registry();
  collectDefaultMetrics({ register: process });
  const backups = dependencies && keepFresh(partsOf(dependencies), logger);
  return {
    render: async () => [backups?.render() ?? '', await process.metrics()].join('\n'),
    stop: async () => backups?.stop(),
  };
}

function partsOf({ configuration, environment, stores }: Dependencies): Parameters<typeof keepFresh>[0] {
  const servers = configuration.servers.map((server): ExpectingServer => ({
    name: server.name,
    globals: server.globals,
    wal: server.wal,
    listDatabases: (signal) =>
      configuredDatabases(
        server,
        () => resolveConnection(server, environment.passFile),
        AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
      ),
  }));
  return [(registry) => subjectMetrics(registry, servers, createSubjectReader(stores[0]))];
}
