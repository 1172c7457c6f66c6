import { encodeName } from './names.js';

/** All workflows, and the light activities that any backup worker can do. */
export const MAIN_QUEUE = 'temponest-backups';

/** Restore workers: the only ones with the private key. */
export const RESTORE_QUEUE = 'temponest-backups-restore';

/** The queue of the worker on one staging volume: files made there are found there again after a restart. */
export function stagingQueue(volumeId: string): string {
  return `${MAIN_QUEUE}-staging-${volumeId}`;
}

/**
 * The workflow id under which everything that is done to one database runs. Temporal runs an id once at a time, so
 * a second operation on the same database is refused instead of overlapping the first.
 */
export function databaseOperationId(server: string, database: string): string {
  return `${MAIN_QUEUE}/${encodeName(server)}/database/${encodeName(database)}`;
}

/** The same for the server's globals. */
export function globalsOperationId(server: string): string {
  return `${MAIN_QUEUE}/${encodeName(server)}/globals`;
}

/** The same for pruning: two prunes at once would delete by two different listings. */
export function pruneOperationId(server: string): string {
  return `${MAIN_QUEUE}/${encodeName(server)}/prune`;
}
