import { backupGlobalsArgument, type BackupGlobalsArgument } from '../model/arguments.js';
import type { BackupResult } from '../model/results.js';
import { backupSubject } from './backup-subject.js';
import { logicalBackup } from './make-backup.js';

/** Backs up what belongs to no database: roles, memberships, tablespaces. */
export async function backupGlobals(argument: BackupGlobalsArgument): Promise<BackupResult> {
  return backupSubject('backupGlobals', backupGlobalsArgument, argument, logicalBackup);
}
