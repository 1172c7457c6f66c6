import { defineQuery } from '@temporalio/workflow';
import type { ServerRecoveryProgress } from '../model/cutover.js';
import type { DisasterDrillProgress } from '../model/disaster-drill.js';
import type { DrillProgress } from '../model/drill.js';
import type { WalProgress } from '../model/wal-plan.js';
import type { ReplicationProgress } from '../model/replication.js';
import type { RecoveryProgress } from '../model/recovery.js';
import type { RestoreProgress } from '../model/restore.js';
import type { BackupProgress, BackupsProgress } from '../model/results.js';
import type { VerifyProgress } from '../model/verification.js';

/** `progress` of one backup. */
export const backupProgressQuery = defineQuery<BackupProgress>('progress');

/** `progress` of a run over several databases. */
export const backupsProgressQuery = defineQuery<BackupsProgress>('progress');

/** `progress` of a restore. */
export const restoreProgressQuery = defineQuery<RestoreProgress>('progress');

/** `progress` of a recovery. */
export const recoveryProgressQuery = defineQuery<RecoveryProgress>('progress');

/** `progress` of the recovery of a server. */
export const serverRecoveryProgressQuery = defineQuery<ServerRecoveryProgress>('progress');

/** `progress` of a disaster recovery drill. */
export const disasterDrillProgressQuery = defineQuery<DisasterDrillProgress>('progress');

/** `progress` of a drill. */
export const drillProgressQuery = defineQuery<DrillProgress>('progress');

/** `progress` of an archiver. */
export const walProgressQuery = defineQuery<WalProgress>('progress');

/** `progress` of a run that copies to a replica. */
export const replicationProgressQuery = defineQuery<ReplicationProgress>('progress');

/** `progress` of a verification. */
export const verifyProgressQuery = defineQuery<VerifyProgress>('progress');
