export { backupDatabase } from './backup-database.js';
export { backupDatabases } from './backup-databases.js';
export { backupGlobals } from './backup-globals.js';
export { pruneBackups } from './prune-backups.js';
