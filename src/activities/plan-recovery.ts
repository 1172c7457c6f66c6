import { resolveConnection } from '../config/connections.js';
import { resolvePrivateKeys } from '../config/private-keys.js';
import { resolveServer } from '../config/resolve.js';
import type { ServerConfiguration } from '../config/schema.js';
import type { RecoverToPointInTimeArgument } from '../model/arguments.js';
import { makeBackupId } from '../model/names.js';
import type { RecoveryPlan } from '../model/recovery.js';
import { requireOutcome, targetOf } from '../model/recovery-argument.js';
import type { AdministeredServer } from '../postgres/administer.js';
import { readDatabaseSizes } from '../postgres/database-sizes.js';
import { bringUpToDate } from '../recovery/bring-up-to-date.js';
import { estimateRecovery } from '../recovery/estimate-recovery.js';
import { findInStores } from '../recovery/find-in-stores.js';
import { requireFreeDirectory } from '../recovery/hand-over.js';
import { checkMeans } from '../restores/check-means.js';
import { readVolumeSpace } from '../staging/volume.js';
import { findFreeNames, planReplacement } from './choose-target.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { planApproval } from './plan-approval.js';
import { runStep } from './run-step.js';

/** Whole segments are fetched and read to find where a target lies, and a live server's last one is waited for. */
const STALL_SECONDS = 1800;
/** How long what a live server has written last may take to come into the store, in seconds. */
const ARCHIVE_PATIENCE = 120;

/** Stands for the database in what is called after a whole server. */
const WHOLE_SERVER = 'server';

/**
 * Decides everything about one recovery, and refuses it while nothing has been made yet: a moment outside of what can be
 * recovered to, WAL that is missing, keys that open nothing, a place that is not free.
 */
export async function planRecovery(
  dependencies: Dependencies,
  argument: RecoverToPointInTimeArgument,
): Promise<RecoveryPlan> {
  const { configuration, stores, volume, logger } = dependencies;
  return runStep(logger, { stallSeconds: STALL_SECONDS }, async (step) => {
    const now = new Date();
    requireOutcome(argument);
    const wanted = targetOf(argument, now);
    const server = resolveServer(configuration, argument.server);
    const live = await administered(dependencies, server);
    const { outcome, approval } = await planOutcome(dependencies, argument, server, step.signal);
    const privateKeys = await resolvePrivateKeys(configuration);
    const options = {
      ...(privateKeys ? { privateKeys } : {}),
      workDirectory: volume.directory,
      programDirectories: programDirectories(dependencies),
    };
    const { store, found } = await findInStores(stores, argument.from, wanted, {
      server: server.name,
      options,
      context: step,
      bringUpToDate: async (read, cluster, signal) =>
        // Elsewhere nobody archives what it writes.
        server.wal !== undefined &&
        read === stores[0] &&
        bringUpToDate(live, read, cluster, ARCHIVE_PATIENCE, signal),
    });
    const { base, path, target, segments, isUpToDate } = found;
    const major = Math.floor(base.serverVersion / 10000);
    await checkMeans(
      base,
      major,
      options,
      'set restore.privateKeysFile in backups.yaml of the restore workers',
      step,
    );
    const estimate = estimateRecovery(found, outcome.kind === 'database');
    const { freeBytes } = await readVolumeSpace(volume);
    const last = path.segments[segments - 1]?.name;
    return {
      id: makeBackupId(
        argument.database ?? WHOLE_SERVER,
        target.kind === 'time' ? new Date(target.time) : now,
      ),
      server: server.name,
      systemIdentifier: base.systemIdentifier,
      store: store.name,
      target,
      baseBackup: { id: base.id, stopTime: base.stopTime, ...estimate.base },
      wal: {
        timeline: path.timeline,
        segments,
        segmentBytes: base.walSegmentBytes,
        ...(last === undefined ? {} : { last }),
        bytes: estimate.walBytes,
      },
      isUpToDate,
      outcome,
      estimatedSeconds: estimate.seconds,
      missingStagingBytes: Math.max(0, estimate.stagingBytes - freeBytes),
      approval,
      major,
      jobs: configuration.restore.jobs,
      stagingBytes: estimate.stagingBytes,
      heartbeatSeconds: configuration.worker.heartbeatTimeout,
    };
  });
}

async function administered(
  { environment }: Dependencies,
  server: ServerConfiguration,
): Promise<AdministeredServer> {
  return {
    server: await resolveConnection(server, environment.passFile),
    maintenanceDatabase: server.maintenanceDatabase,
  };
}

async function planOutcome(
  dependencies: Dependencies,
  argument: RecoverToPointInTimeArgument,
  server: ServerConfiguration,
  signal: AbortSignal,
): Promise<Pick<RecoveryPlan, 'outcome' | 'approval'>> {
  const { configuration } = dependencies;
  const { database, into, mode = 'beside' } = argument;
  if (database === undefined) {
    const { directory } = into as { directory: string };
    await requireFreeDirectory(directory);
    return { outcome: { kind: 'directory', directory }, approval: planApproval(configuration, 'handOver') };
  }
  const targetServer = resolveServer(configuration, into?.server ?? server.name);
  const target = await administered(dependencies, targetServer);
  const { names, facts } = await findFreeNames(
    { database, into, mode },
    targetServer.name,
    async (wanted) => ({
      existing: await readDatabaseSizes(target, wanted, signal),
    }),
  );
  const replaces =
    mode === 'swap' ? await planReplacement(target, database, names.becomes, facts, signal) : undefined;
  return {
    outcome: {
      kind: 'database',
      database,
      into: { server: targetServer.name, database: names.made },
      mode,
      ...(replaces ? { replaces } : {}),
    },
    approval: planApproval(configuration, mode),
  };
}
