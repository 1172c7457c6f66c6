import type { z } from 'zod';
import { verifyResult } from './findings.js';
import { archiveWalResult } from './wal-plan.js';
import {
  archiveWalArgument,
  backupClusterArgument,
  backupDatabaseArgument,
  backupDatabasesArgument,
  backupGlobalsArgument,
  drillDisasterRecoveryArgument,
  drillRestoreArgument,
  pruneBackupsArgument,
  recoverServerArgument,
  recoverToPointInTimeArgument,
  restoreDatabaseArgument,
  verifyBackupsArgument,
  replicateArgument,
} from './arguments.js';
import { serverRecoveryResult } from './cutover.js';
import { disasterDrillResult } from './disaster-drill.js';
import { drillResult } from './drill.js';
import { recoveryResult } from './recovery.js';
import { replicationResult } from './replication.js';
import { restoreResult } from './restore.js';
import { backupResult, backupsResult, baseBackupResult, pruneResult } from './results.js';

/** What each workflow type that others start takes, one JSON object, and what it answers. */
export const workflowContracts = {
  backupDatabases: { argument: backupDatabasesArgument, result: backupsResult },
  backupDatabase: { argument: backupDatabaseArgument, result: backupResult },
  backupGlobals: { argument: backupGlobalsArgument, result: backupResult },
  backupCluster: { argument: backupClusterArgument, result: baseBackupResult },
  archiveWal: { argument: archiveWalArgument, result: archiveWalResult },
  pruneBackups: { argument: pruneBackupsArgument, result: pruneResult },
  recoverToPointInTime: { argument: recoverToPointInTimeArgument, result: recoveryResult },
  restoreDatabase: { argument: restoreDatabaseArgument, result: restoreResult },
  recoverServer: { argument: recoverServerArgument, result: serverRecoveryResult },
  drillDisasterRecovery: { argument: drillDisasterRecoveryArgument, result: disasterDrillResult },
  drillRestore: { argument: drillRestoreArgument, result: drillResult },
  replicate: { argument: replicateArgument, result: replicationResult },
  verifyBackups: { argument: verifyBackupsArgument, result: verifyResult },
} as const satisfies Record<string, { argument: z.ZodType; result: z.ZodType }>;
