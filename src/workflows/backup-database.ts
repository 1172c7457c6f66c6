import { backupDatabaseArgument, type BackupDatabaseArgument } from '../model/arguments.js';
import type { BackupResult } from '../model/results.js';
import { backupSubject } from './backup-subject.js';
import { logicalBackup } from './make-backup.js';

/** Backs up one database: dump, compress, encrypt, upload, verify, commit. */
export async function backupDatabase(argument: BackupDatabaseArgument): Promise<BackupResult> {
  return backupSubject('backupDatabase', backupDatabaseArgument, argument, logicalBackup);
}
