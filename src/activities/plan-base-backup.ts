import { chooseParent, listBaseBackups } from '../catalogue/base-backups.js';
import { resolveConnection } from '../config/connections.js';
import { resolveCompression, resolveServer } from '../config/resolve.js';
import type { ServerConfiguration } from '../config/schema.js';
import type { BackupClusterArgument } from '../model/arguments.js';
import type { BaseManifest } from '../model/base-manifest.js';
import type { BasePlan } from '../model/base-plan.js';
import { OperationError } from '../model/failures.js';
import { baseManifestKey, BASE_NAME } from '../model/physical-keys.js';
import { estimateBaseStaging } from '../model/size-estimate.js';
import { readClusterFacts, requireReplication, type ClusterFacts } from '../postgres/cluster-facts.js';
import { withConnection } from '../postgres/connection.js';
import { locateClient } from '../postgres/locate-client.js';
import { locateProgram } from '../programs/locate-program.js';
import { planReplicas, programDirectories, type Dependencies } from './dependencies.js';
import { chooseId, resolveEncryption } from './plan-backup.js';
import { runStep } from './run-step.js';

/**
 * Decides everything about one base backup, and refuses it while nothing has been made yet: a server that gives no
 * physical copy, or whose WAL nobody archives, missing programs, expired keys, a store that cannot be reached.
 */
export async function planBaseBackup(
  dependencies: Dependencies,
  argument: BackupClusterArgument,
): Promise<BasePlan> {
  const { configuration, stores, logger } = dependencies;
  return runStep(logger, {}, async (step) => {
    const { signal } = step;
    const server = resolveServer(configuration, argument.server);
    requireWal(server);
    const facts = await inspectCluster(dependencies, server, signal);
    const layout = facts.tablespaces.length > 0 || facts.summarizesWal ? 'files' : 'stream';
    const compression = resolveCompression(configuration);
    const directories = programDirectories(dependencies);
    await locateClient('pg_basebackup', facts.major, directories, signal);
    for (const program of layout === 'files' ? ['tar', compression.method] : [compression.method])
      await locateProgram(program, directories);
    const encryption = await resolveEncryption(dependencies, step);
    const [primary] = stores;
    await primary.check(signal);
    const subject = { kind: 'base', server: server.name, systemIdentifier: facts.systemIdentifier } as const;
    const backups = await listBaseBackups(primary, server.name, signal).catch(nothingIfUnreadable);
    const parent = facts.summarizesWal ? chooseParent(backups, subject, new Date()) : undefined;
    return {
      subject,
      id: await chooseId(primary, BASE_NAME, (id) => baseManifestKey(subject, id), signal),
      major: facts.major,
      layout,
      ...(parent ? { incrementalTo: parent.id } : {}),
      keepsBackupManifest: facts.summarizesWal,
      stagingBytes: estimateBaseStaging(facts.dataBytes, layout, lastWhole(backups, facts)),
      expectedBytes: facts.dataBytes,
      nice: server.nice ?? 0,
      compression,
      encryption,
      primaryStore: primary.name,
      ...planReplicas(dependencies),
      heartbeatSeconds: configuration.worker.heartbeatTimeout,
    };
  });
}

/** What cannot be read must not keep a new backup from being made. */
function nothingIfUnreadable(error: unknown): BaseManifest[] {
  if (error instanceof OperationError && error.type === 'ManifestUnreadable') return [];
  throw error;
}

function requireWal({ name, wal }: ServerConfiguration): void {
  if (wal) return;
  throw new OperationError(
    'InvalidConfiguration',
    `Server ${name} has no "wal" in backups.yaml, and a base backup is of no use without the WAL that is written meanwhile; add "wal: {}" to the server.`,
  );
}

async function inspectCluster(
  { environment }: Dependencies,
  server: ServerConfiguration,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const connection = await resolveConnection(server, environment.passFile);
  return withConnection(connection, server.maintenanceDatabase, signal, async (client) => {
    await requireReplication(client, server);
    return readClusterFacts(client);
  });
}

function lastWhole(backups: readonly BaseManifest[], { systemIdentifier }: ClusterFacts) {
  return backups.findLast(
    (backup) => backup.systemIdentifier === systemIdentifier && backup.incrementalTo === undefined,
  );
}
