import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Dependencies } from './activities/dependencies.js';
import {
  lightActivities,
  lightRestoreActivities,
  stagingActivities,
  stagingRestoreActivities,
} from './activities/index.js';
import { openLedger } from './audit/ledger.js';
import { workerEvent } from './audit/worker-event.js';
import { openStores } from './catalogue/open-stores.js';
import { version } from './config/version.js';
import type { Environment } from './config/environment.js';
import type { Configuration } from './config/schema.js';
import { temporalUnreachable } from './config/temporal-unreachable.js';
import { MAIN_QUEUE, RESTORE_QUEUE, stagingQueue } from './model/queues.js';
import type { WorkerRole } from './model/worker-roles.js';
import { createLogger } from './observability/logger.js';
import { openVolume } from './staging/volume.js';
import { serveHealth } from './worker/health-server.js';
import { readinessChecks } from './worker/readiness-checks.js';
import { registerSearchAttributes } from './worker/register-search-attributes.js';
import { startMetrics } from './worker/start-metrics.js';
import { temporalLogger } from './worker/temporal-logger.js';
import { placeTemporalSdkMetrics } from './worker/temporal-sdk-metrics.js';
import { watchRecipients } from './worker/watch-recipients.js';

/** Light activities at once: they wait for the network. */
const LIGHT_SLOTS = 20;
/**
 * Slots for steps beside two for each database that may be in flight (its archive is read back while it is encrypted): a
 * step that waits for one looks like a dead host.
 */
const SPARE_STAGING_SLOTS = 8;
/** After the grace time, what still runs is abandoned; its next attempt cleans up. */
const FORCE_AFTER_SECONDS = 10;

const workflowBundle = { codePath: fileURLToPath(new URL('./workflow-bundle.cjs', import.meta.url)) };

/**
 * Runs a worker until SIGTERM or SIGINT.
 *
 * @throws OperationError when Temporal cannot be reached or the configuration does not fit this machine
 */
export async function runWorker(
  configuration: Configuration,
  environment: Environment,
  roles: readonly WorkerRole[],
): Promise<void> {
  const logger = createLogger(configuration.worker.logLevel);
  const sdkMetrics = await placeTemporalSdkMetrics();
  Runtime.install({
    logger: temporalLogger(logger),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      metrics: sdkMetrics.exporter,
    },
  });
  const { connectionOptions, namespace } = environment.temporal;
  const connection = await connectToTemporal(connectionOptions);
  try {
    await registerSearchAttributes(connection, namespace);
    // A worker that runs only the workflows gets along without the volume and the secrets.
    const hasSteps = roles.includes('backup') || roles.includes('restore');
    const temporal = new Client({ connection, namespace, identity: environment.identity });
    const dependencies = hasSteps
      ? await openDependencies(configuration, environment, temporal, logger)
      : undefined;
    const common: Omit<WorkerOptions, 'taskQueue'> = {
      connection,
      namespace,
      identity: environment.identity,
      shutdownGraceTime: configuration.worker.shutdownGrace * 1000,
      shutdownForceTime: (configuration.worker.shutdownGrace + FORCE_AFTER_SECONDS) * 1000,
      maxHeartbeatThrottleInterval: '5 seconds',
      defaultHeartbeatThrottleInterval: '5 seconds',
    };
    const workers = await createWorkers(dependencies, roles, common);
    const keys = dependencies && roles.includes('backup') ? watchRecipients(dependencies) : undefined;
    const metrics = startMetrics(dependencies, keys, sdkMetrics);
    const health = await serveHealth(
      configuration.worker,
      {
        '/health': Object.fromEntries(
          workers.map((worker) => [worker.options.taskQueue, () => checkRunning(worker)]),
        ),
        '/ready': readinessChecks(dependencies, keys, connection),
      },
      metrics.render,
      logger,
    ).catch(async (error: unknown) => {
      await metrics.stop();
      await letGo(workers);
      throw error;
    });
    logger.info({ roles, namespace, port: health.port, volume: dependencies?.volume.id }, 'worker started');
    await dependencies?.audit.append(workerEvent('started', { configuration, environment, roles, version }));
    try {
      await runTogether(workers);
    } finally {
      await health.close();
      await metrics.stop();
      await dependencies?.audit.append(
        workerEvent('stopped', { configuration, environment, roles, version }),
      );
      dependencies?.audit.close();
    }
    logger.info('worker stopped');
  } finally {
    await connection.close();
  }
}

async function openDependencies(
  configuration: Configuration,
  environment: Environment,
  temporal: Client,
  logger: Dependencies['logger'],
): Promise<Dependencies> {
  const volume = await openVolume(configuration.staging.directory);
  const stores = await openStores(configuration);
  const audit = await openLedger(volume, stores[0], logger);
  return { configuration, environment, volume, stores, temporal, audit, logger };
}

async function connectToTemporal(
  options: Environment['temporal']['connectionOptions'],
): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(options);
  } catch (cause) {
    throw temporalUnreachable(options.address, cause);
  }
}

async function createWorkers(
  dependencies: Dependencies | undefined,
  roles: readonly WorkerRole[],
  common: Omit<WorkerOptions, 'taskQueue'>,
): Promise<Worker[]> {
  const isFor = (role: WorkerRole) => roles.includes(role);
  const workers: Worker[] = [];
  const add = async (options: Pick<WorkerOptions, 'taskQueue'> & Partial<WorkerOptions>) => {
    workers.push(await Worker.create({ ...common, ...options }));
  };
  if (isFor('control') || isFor('backup'))
    await add({
      taskQueue: MAIN_QUEUE,
      ...(isFor('control') ? { workflowBundle } : {}),
      ...(dependencies && isFor('backup') ? { activities: lightActivities(dependencies) } : {}),
      maxConcurrentActivityTaskExecutions: LIGHT_SLOTS,
    });
  if (!dependencies) return workers;
  if (isFor('restore'))
    await add({
      taskQueue: RESTORE_QUEUE,
      activities: lightRestoreActivities(dependencies),
      maxConcurrentActivityTaskExecutions: LIGHT_SLOTS,
    });
  const { servers } = dependencies.configuration;
  await add({
    taskQueue: stagingQueue(dependencies.volume.id),
    activities: {
      ...(isFor('backup') ? stagingActivities(dependencies) : {}),
      ...(isFor('restore') ? stagingRestoreActivities(dependencies) : {}),
    },
    maxConcurrentActivityTaskExecutions: servers.reduce(
      (sum, { concurrency }) => sum + 2 * concurrency,
      SPARE_STAGING_SLOTS,
    ),
  });
  return workers;
}

/** Ends workers that were made and never run: the SDK keeps the process alive for them, until they have. */
async function letGo(workers: readonly Worker[]): Promise<void> {
  const runs = workers.map((worker) => worker.run());
  for (const worker of workers) worker.shutdown();
  await Promise.all(runs);
}

function checkRunning(worker: Worker): Promise<void> {
  const state = worker.getState();
  return state === 'RUNNING' ? Promise.resolve() : Promise.reject(new Error(`the worker is ${state}`));
}

/** Runs workers until all have ended; one that fails takes the others with it, so that the process is restarted whole. */
async function runTogether(workers: readonly Worker[]): Promise<void> {
  const runs = workers.map((worker) =>
    worker.run().catch((error: unknown) => {
      for (const other of workers) if (other.getState() === 'RUNNING') other.shutdown();
      throw error;
    }),
  );
  const results = await Promise.allSettled(runs);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
