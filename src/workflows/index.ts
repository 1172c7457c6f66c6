export { backupDatabase } from './backup-database.js';
export { backupDatabases } from './backup-databases.js';
export { backupGlobals } from './backup-globals.js';
export { drillRestore } from './drill-restore.js';
export { holdOperation } from './hold-operation.js';
export { notifyChannels } from './notify-channels.js';
export { pruneBackups } from './prune-backups.js';
export { restoreDatabase } from './restore-database.js';
