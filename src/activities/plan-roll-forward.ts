import { resolvePrivateKeys } from '../config/private-keys.js';
import { makeBackupId } from '../model/names.js';
import type { RollForwardPlan } from '../model/recovery.js';
import type { RecoveryTarget } from '../model/recovery-target.js';
import { estimateRecovery } from '../recovery/estimate-recovery.js';
import { findInStores, type StoresSearch } from '../recovery/find-in-stores.js';
import { checkMeans } from '../restores/check-means.js';
import { readVolumeSpace } from '../staging/volume.js';
import { planReading, programDirectories, type Dependencies } from './dependencies.js';
import type { StepContext } from './run-step.js';

/** What is to be recovered. */
export interface WantedRecovery extends Pick<StoresSearch, 'server' | 'bringUpToDate'> {
  /** Name of the only store to read. */
  from: string | undefined;
  target: RecoveryTarget;
  /** What its id begins with. */
  name: string;
  /** Whether a database is taken out of it. */
  isExtracted: boolean;
}

/**
 * Decides from which base backup and WAL a server is recovered, and refuses it when that cannot be.
 *
 * @throws OperationError as `findInStores` and `checkMeans`
 */
export async function planRollForward(
  dependencies: Dependencies,
  { server, from, target: wanted, name, isExtracted, bringUpToDate }: WantedRecovery,
  step: StepContext,
): Promise<RollForwardPlan> {
  const { configuration, stores, volume } = dependencies;
  const privateKeys = await resolvePrivateKeys(configuration);
  const options = {
    ...(privateKeys ? { privateKeys } : {}),
    workDirectory: volume.directory,
    programDirectories: programDirectories(dependencies),
  };
  const search = { server, options, context: step, bringUpToDate };
  const { found, ...read } = await findInStores(stores, from, wanted, search);
  const { base, path, target, segments, isUpToDate } = found;
  const major = Math.floor(base.serverVersion / 10000);
  const remedy = 'set restore.privateKeysFile in backups.yaml of the restore workers';
  await checkMeans(base, major, options, remedy, step);
  const estimate = estimateRecovery(found, isExtracted);
  const { freeBytes } = await readVolumeSpace(volume);
  const last = path.segments[segments - 1]?.name;
  return {
    id: makeBackupId(name, target.kind === 'time' ? new Date(target.time) : new Date()),
    server,
    systemIdentifier: base.systemIdentifier,
    ...planReading(dependencies, read, from),
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
    estimatedSeconds: estimate.seconds,
    missingStagingBytes: Math.max(0, estimate.stagingBytes - freeBytes),
    major,
    jobs: configuration.restore.jobs,
    stagingBytes: estimate.stagingBytes,
    heartbeatSeconds: configuration.worker.heartbeatTimeout,
  };
}
