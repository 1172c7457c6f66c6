import { auditPrefix } from './audit.js';
import { parseKey } from './keys.js';
import { parseBackupId } from './names.js';
import { parseBaseKey, parseWalKey } from './physical-keys.js';
import { addDays, longestWantedUntil, wantedUntil, type RetentionPolicy } from './retention.js';

/** How long everything in a store is wanted. */
export interface WantedTimes {
  /** Of a database, or of a server's globals and everything else that is of no database. */
  policyOf: (server: string, database?: string) => RetentionPolicy;
  /** Days that a base backup is wanted, and WAL: the number that are kept times the days between two. */
  baseDaysOf: (server: string) => number;
  /** Of what is kept for good, and so locked for as long as the backup that is kept for longest. */
  longest: RetentionPolicy;
}

/**
 * Until when an object is to be locked, by its key. Of backups and base backups that follows from the time in their id,
 * so that artifact and manifest have the same date, in every store and with every try; WAL, records and reports are
 * locked from `now` on. Undefined for an object that is nobody's to keep, as an upload's record or a probe.
 */
export function lockUntil(key: string, wanted: WantedTimes, now: Date): Date | undefined {
  const backup = parseKey(key);
  if (backup) {
    const { subject, id } = backup;
    const database = subject.kind === 'database' ? subject.database : undefined;
    return wantedUntil(parseBackupId(id)!.time, wanted.policyOf(subject.server, database));
  }
  const base = parseBaseKey(key);
  if (base) return addDays(parseBackupId(base.id)!.time, wanted.baseDaysOf(base.cluster.server));
  const wal = parseWalKey(key);
  if (wal && wal.part !== 'gap') return addDays(now, wanted.baseDaysOf(wal.cluster.server));
  const isRecord = wal !== undefined || RECORDS.some((prefix) => key.startsWith(prefix));
  return isRecord ? longestWantedUntil(now, wanted.longest) : undefined;
}

/** What was done and found: written once, and never pruned. */
const RECORDS = [auditPrefix, 'drills/', 'verifications/'];
