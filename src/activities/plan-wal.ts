import { resolveConnection } from '../config/connections.js';
import { resolveCompression, resolveServer } from '../config/resolve.js';
import type { Configuration, ServerConfiguration } from '../config/schema.js';
import { listWal, listWalClusters } from '../catalogue/wal-archive.js';
import type { ArchiveWalArgument } from '../model/arguments.js';
import { OperationError } from '../model/failures.js';
import { operationId, stagingQueue } from '../model/queues.js';
import type { WalPlan } from '../model/wal-plan.js';
import { withConnection } from '../postgres/connection.js';
import { locateClient } from '../postgres/locate-client.js';
import { readServerFacts } from '../postgres/server-facts.js';
import { readWalState, requireWalRights } from '../postgres/wal-state.js';
import type { Store } from '../stores/store.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { resolveEncryption } from './plan-backup.js';
import { runStep } from './run-step.js';

/** The server whose WAL is archived. */
type WalServer = ServerConfiguration & { wal: NonNullable<ServerConfiguration['wal']> };

/**
 * The server that an argument names.
 *
 * @throws OperationError `InvalidArgument` for one whose WAL is not to be archived
 */
export function resolveWalServer(configuration: Configuration, name: string | undefined): WalServer {
  const server = resolveServer(configuration, name);
  if (server.wal) return { ...server, wal: server.wal };
  throw new OperationError(
    'InvalidArgument',
    `No WAL of server ${server.name} is archived; add "wal: {}" to it in backups.yaml.`,
  );
}

/** Says under which workflow id the WAL of a server is archived. */
export function findArchiver(
  { configuration, logger }: Dependencies,
  { server: name }: ArchiveWalArgument,
): Promise<{ server: string; workflowId: string }> {
  return runStep(logger, {}, () => {
    const server = resolveWalServer(configuration, name).name;
    return Promise.resolve({ server, workflowId: operationId({ kind: 'wal', server }) });
  });
}

/** Decides how the WAL of a server is archived, on this worker, and refuses what cannot work. */
export async function planWal(dependencies: Dependencies, argument: ArchiveWalArgument): Promise<WalPlan> {
  const { configuration, environment, logger, volume } = dependencies;
  return runStep(logger, {}, async (step) => {
    const server = resolveWalServer(configuration, argument.server);
    const connection = await resolveConnection(server, environment.passFile);
    const { wal, facts } = await withConnection(
      connection,
      server.maintenanceDatabase,
      step.signal,
      async (client) => {
        if (server.wal.source === 'stream') await requireWalRights(client);
        return { wal: await readWalState(client), facts: await readServerFacts(client) };
      },
    );
    if (server.wal.source === 'stream')
      await locateClient('pg_receivewal', facts.major, programDirectories(dependencies), step.signal);
    const [primary] = dependencies.stores;
    const former = await findFormer(primary, server.name, wal.systemIdentifier, step.signal);
    return {
      server: server.name,
      systemIdentifier: wal.systemIdentifier,
      segmentBytes: wal.segmentBytes,
      major: facts.major,
      source:
        server.wal.source === 'stream'
          ? { kind: 'stream', slot: server.wal.slot, maxAgeSeconds: server.wal.maxAge }
          : { kind: 'archive', directory: server.wal.directory! },
      compression: resolveCompression(configuration),
      encryption: await resolveEncryption(dependencies, step),
      primaryStore: primary.name,
      queue: stagingQueue(volume.id),
      heartbeatSeconds: configuration.worker.heartbeatTimeout,
      ...(former === undefined ? {} : { former }),
    };
  });
}

/** The cluster that a server was before it was initialised anew, as long as its end is not on record. */
async function findFormer(
  store: Store,
  server: string,
  present: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const clusters = await listWalClusters(store, server, signal);
  for (const cluster of clusters.filter(({ systemIdentifier }) => systemIdentifier !== present)) {
    const { gaps } = await listWal(store, cluster, signal);
    if (!gaps.some(({ toLsn }) => toLsn === undefined)) return cluster.systemIdentifier;
  }
  return undefined;
}
