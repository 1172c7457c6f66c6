import { archiveWal } from './archive-wal.js';
import { findArchiver, planWal } from './plan-wal.js';
import { findWalHost, shipPartialWal } from './ship-partial-wal.js';
import { awaitWal } from './await-wal.js';
import { baseBackup } from './base-backup.js';
import { bootScratchServer } from './boot-scratch-server.js';
import { checkRecovered } from './check-recovered.js';
import { climb } from './climb.js';
import { commit } from './commit.js';
import { commitBaseBackup } from './commit-base-backup.js';
import { compare } from './compare.js';
import { compress } from './compress.js';
import { createRoles } from './create-roles.js';
import { listCutoverSteps, runCutoverStep } from './cutover.js';
import type { Dependencies } from './dependencies.js';
import { descend } from './descend.js';
import { discardRestored } from './discard-restored.js';
import { discardUpload } from './discard-upload.js';
import { download } from './download.js';
import { downloadBase } from './download-base.js';
import { dump } from './dump.js';
import { encrypt } from './encrypt.js';
import { extract } from './extract.js';
import {
  completeServer,
  createServerRoles,
  discardServer,
  extractOfServer,
  outlineServer,
} from './fill-server.js';
import { handOver } from './hand-over.js';
import { listChannels } from './list-channels.js';
import { notify } from './notify.js';
import { planBaseBackup } from './plan-base-backup.js';
import { planBackup } from './plan-backup.js';
import { planBackups } from './plan-backups.js';
import { planDisasterDrill, planDrilledRecovery } from './plan-disaster-drill.js';
import { planDrill } from './plan-drill.js';
import { planRecovery } from './plan-recovery.js';
import { planRestore } from './plan-restore.js';
import { prune } from './prune.js';
import { readBack } from './read-back.js';
import { recordAudit } from './record-audit.js';
import { readApproval, requestApproval } from './request-approval.js';
import { replayWal } from './replay-wal.js';
import { reportDisasterDrill } from './report-disaster-drill.js';
import { reportDrill } from './report-drill.js';
import { sendCanary } from './send-canary.js';
import { releaseDrillStaging, reserveDrillStaging } from './reserve-drill-staging.js';
import { releaseRecoveryStaging, reserveRecoveryStaging } from './reserve-recovery-staging.js';
import { releaseRestoreStaging, reserveRestoreStaging } from './reserve-restore-staging.js';
import { restore } from './restore.js';
import { swap } from './swap.js';
import { unpackBase } from './unpack-base.js';
import { unpack } from './unpack.js';
import { releaseStaging } from './release-staging.js';
import { replicate } from './replicate.js';
import { replicateStaged } from './replicate-staged.js';
import { startReplication } from './start-replication.js';
import { reserveStaging } from './reserve-staging.js';
import { upload } from './upload.js';
import { verify } from './verify.js';
import { verifyWal } from './verify-wal.js';
import { planVerification } from './plan-verification.js';
import { readBackStores } from './read-back-stores.js';
import { examineBackups } from './examine-backups.js';

const onAnyHost = {
  planBackup,
  planBackups,
  planBaseBackup,
  findArchiver,
  planWal,
  findWalHost,
  verifyWal,
  planVerification,
  readBackStores,
  examineBackups,
  awaitWal,
  reserveStaging,
  discardUpload,
  prune,
  replicate,
  startReplication,
  recordAudit,
  listChannels,
  notify,
};
const onTheStagingHost = {
  dump,
  compress,
  readBack,
  encrypt,
  baseBackup,
  upload,
  verify,
  commit,
  commitBaseBackup,
  replicateStaged,
  releaseStaging,
  archiveWal,
  shipPartialWal,
};

const onAnyRestoreHost = {
  planRestore,
  reserveRestoreStaging,
  planRecovery,
  reserveRecoveryStaging,
  requestApproval,
  readApproval,
  swap,
  discardRestored,
  completeServer,
  discardServer,
  planDrill,
  listCutoverSteps,
  runCutoverStep,
  planDisasterDrill,
  planDrilledRecovery,
  sendCanary,
  reportDisasterDrill,
  reserveDrillStaging,
  reportDrill,
};
const onTheRestoreStagingHost = {
  download,
  unpack,
  createRoles,
  restore,
  compare,
  releaseRestoreStaging,
  downloadBase,
  unpackBase,
  replayWal,
  handOver,
  checkRecovered,
  extract,
  outlineServer,
  createServerRoles,
  extractOfServer,
  releaseRecoveryStaging,
  bootScratchServer,
  climb,
  descend,
  releaseDrillStaging,
};

/** A step without its dependencies, as workflows call it. */
type Bound<S> = {
  [K in keyof S]: S[K] extends (dependencies: Dependencies, ...args: infer A) => infer R
    ? (...args: A) => R
    : never;
};

/** All activities, as workflows see them. */
export type Activities = Bound<
  typeof onAnyHost & typeof onTheStagingHost & typeof onAnyRestoreHost & typeof onTheRestoreStagingHost
>;

function bind<S extends Record<string, (dependencies: Dependencies, ...args: never[]) => unknown>>(
  steps: S,
  dependencies: Dependencies,
): Bound<S> {
  const bound = Object.entries(steps).map(([name, step]) => [name, step.bind(undefined, dependencies)]);
  return Object.fromEntries(bound) as Bound<S>;
}

/** The light activities, for the main queue. */
export function lightActivities(dependencies: Dependencies): Bound<typeof onAnyHost> {
  return bind(onAnyHost, dependencies);
}

/** The activities on files in staging, for the queue of this worker's volume. */
export function stagingActivities(dependencies: Dependencies): Bound<typeof onTheStagingHost> {
  return bind(onTheStagingHost, dependencies);
}

/** The light activities of restores, for the queue of restore workers. */
export function lightRestoreActivities(dependencies: Dependencies): Bound<typeof onAnyRestoreHost> {
  return bind(onAnyRestoreHost, dependencies);
}

/** The activities of restores on files in staging, for the queue of this worker's volume. */
export function stagingRestoreActivities(dependencies: Dependencies): Bound<typeof onTheRestoreStagingHost> {
  return bind(onTheRestoreStagingHost, dependencies);
}
