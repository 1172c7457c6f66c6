import { fileURLToPath } from 'node:url';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Dependencies } from '../activities/dependencies.js';
import { resolveConnection } from '../config/connections.js';
import type { ServerConfiguration } from '../config/schema.js';
import { baseMetrics } from '../metrics/base-metrics.js';
import { drillMetrics } from '../metrics/drill-metrics.js';
import { failureMetrics } from '../metrics/failure-metrics.js';
import { keepFresh } from '../metrics/keep-fresh.js';
import { keyMetrics } from '../metrics/key-metrics.js';
import type { KeyWatch } from '../metrics/key-watch.js';
import type { MetricsPart } from '../metrics/part.js';
import { createDrillReader } from '../metrics/read-drills.js';
import { createFailureReader } from '../metrics/read-failures.js';
import { measureLag } from '../replication/measure-lag.js';
import { readNewestVerification } from '../verification/read-newest-verification.js';
import { readSchedules } from '../verification/read-schedules.js';
import { createSubjectReader } from '../metrics/read-subjects.js';
import { replicaMetrics } from '../metrics/replica-metrics.js';
import { scheduleMetrics } from '../metrics/schedule-metrics.js';
import { subjectMetrics } from '../metrics/subject-metrics.js';
import { verificationMetrics } from '../metrics/verification-metrics.js';
import { volumeMetrics } from '../metrics/volume-metrics.js';
import { walMetrics } from '../metrics/wal-metrics.js';
import { nameOfStore } from '../model/store-configuration.js';
import { configuredDatabases } from '../postgres/configured-databases.js';
import { withConnection } from '../postgres/connection.js';
import { readWalState } from '../postgres/wal-state.js';
import { readArchiver } from '../wal/read-archiver.js';
import { readWalStatus } from '../wal/read-wal-status.js';
import type { TemporalSdkMetrics } from './temporal-sdk-metrics.js';

/** How long a server may take to answer, in milliseconds. */
const TIMEOUT = 5000;

/** What a worker tells Prometheus. */
export interface WorkerMetrics {
  render: () => Promise<string>;
  stop: () => Promise<void>;
}

/**
 * Starts to keep the metrics up to date: those of the process, of Temporal's SDK and, where the worker has what it takes,
 * those of the backups.
 *
 * @param keys - undefined where nothing is encrypted
 */
export function startMetrics(
  dependencies: Dependencies | undefined,
  keys: KeyWatch | undefined,
  sdk: TemporalSdkMetrics,
): WorkerMetrics {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  const backups = dependencies && keepFresh(partsOf(dependencies, keys), dependencies.logger);
  return {
    render: async () =>
      [backups?.render() ?? '', ...(await Promise.all([ofProcess.metrics(), sdk.render()]))].join('\n'),
    stop: async () => backups?.stop(),
  };
}

function partsOf(
  { configuration, environment, stores: [primary, ...replicas], temporal, volume }: Dependencies,
  keys: KeyWatch | undefined,
): MetricsPart[] {
  const { servers, schedules } = configuration;
  const names = servers.map(({ name }) => name);
  const connect = (server: ServerConfiguration) => resolveConnection(server, environment.passFile);
  const soon = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
  const subjects = subjectMetrics(
    servers.map((server) => ({
      ...server,
      listDatabases: (signal) => configuredDatabases(server, () => connect(server), soon(signal)),
    })),
    createSubjectReader(primary),
  );
  const ask = <T>(signal: AbortSignal, question: () => Promise<T>) =>
    temporal.withAbortSignal(signal, question);
  const readFailures = createFailureReader(temporal);
  const archived = servers.filter(({ wal }) => wal);
  const replicated = replicas.flatMap((replica) =>
    names.map((server) => ({
      ...{ server, store: replica.name },
      measure: (signal: AbortSignal) => measureLag(primary, replica, server, signal),
    })),
  );
  return [
    subjects,
    drillMetrics(names, createDrillReader(primary)),
    baseMetrics(names, primary),
    walMetrics(
      archived.map((server) => ({
        name: server.name,
        readState: async (signal) =>
          withConnection(await connect(server), server.maintenanceDatabase, soon(signal), readWalState),
        readArchiver: (signal) => ask(signal, () => readArchiver(temporal, server.name)),
        readStatus: (segmentBytes, signal) => readWalStatus(primary, server.name, segmentBytes, signal),
      })),
    ),
    verificationMetrics(names, (server, signal) => readNewestVerification(primary, server, signal)),
    ...(replicas.length > 0 ? [replicaMetrics(replicated)] : []),
    scheduleMetrics((signal) => ask(signal, () => readSchedules(temporal, Object.keys(schedules)))),
    failureMetrics(
      names,
      () => subjects.expectedSubjects(),
      (signal) => ask(signal, readFailures),
    ),
    volumeMetrics(volumesOf(configuration, volume.directory)),
    ...(keys ? [keyMetrics(keys)] : []),
  ];
}

function volumesOf({ stores }: Dependencies['configuration'], staging: string) {
  const directories = stores.filter(({ url }) => url.startsWith('file:'));
  return [
    { volume: 'staging', directory: staging },
    ...directories.map((store) => ({
      volume: `store ${nameOfStore(store)}`,
      directory: fileURLToPath(store.url),
    })),
  ];
}
