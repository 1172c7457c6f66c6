import type { BackupSubject } from './keys.js';
import { encodeName } from './names.js';

/** All workflows, and the light activities that any backup worker can do. */
export const MAIN_QUEUE = 'temponest-backups';

/** Restore workers: the only ones with the private keys. */
export const RESTORE_QUEUE = `${MAIN_QUEUE}-restore`;

/** The queue of the worker on one staging volume: files made there are found there again after a restart. */
export function stagingQueue(volumeId: string): string {
  return `${MAIN_QUEUE}-staging-${volumeId}`;
}

/**
 * The workflow id under which everything that is done to one database, to a server's globals, with its base backups, or
 * its WAL, runs. Temporal runs an id once at a time, so a second operation on the same subject is refused instead of overlapping the
 * first.
 */
export function operationId(subject: BackupSubject | { kind: 'base' | 'wal'; server: string }): string {
  const server = `${MAIN_QUEUE}/${encodeName(subject.server)}`;
  if (subject.kind === 'base' || subject.kind === 'wal') return `${server}/${subject.kind}`;
  return subject.kind === 'database'
    ? `${server}/database/${encodeName(subject.database)}`
    : `${server}/globals`;
}
