import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { backupClusterArgument, type BackupClusterArgument } from '../model/arguments.js';
import type { BaseBackupResult } from '../model/results.js';
import { lightStep } from './activity-options.js';
import { backupSubject } from './backup-subject.js';
import { makeBaseBackup } from './make-base-backup.js';

const { planBaseBackup } = proxyActivities<Activities>(lightStep);

/** Makes a base backup of a whole server, from which any later moment can be recovered with its WAL. */
export async function backupCluster(input: BackupClusterArgument): Promise<BaseBackupResult> {
  return backupSubject('backupCluster', backupClusterArgument, input, {
    plan: planBaseBackup,
    make: makeBaseBackup,
  });
}
