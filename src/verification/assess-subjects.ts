import type { LatestBackup } from '../catalogue/latest-backups.js';
import { GLOBALS_NAME } from '../model/keys.js';

/** A nightly backup is due every 24 hours; an hour more is what a slow night may take. */
const FRESH_SECONDS = 25 * 3600;

/** How one database, or the globals, stands. */
export interface SubjectStatus {
  /** The database's name, or `globals`. */
  name: string;
  /** `critical` without any backup; `warning` when the last one is older than 25 h or its manifest cannot be read. */
  state: 'ok' | 'warning' | 'critical';
  backup?: {
    id: string;
    time: string;
    ageSeconds: number;
    /** As stored. */
    bytes: number;
    rows?: number;
    fault?: string;
  };
}

const nameOf = ({ subject }: LatestBackup) =>
  subject.kind === 'database' ? `database ${subject.database}` : GLOBALS_NAME;

/**
 * Judges what is to be backed up by its newest backup.
 *
 * @param expected - the configured databases, and whether the globals are to be backed up too
 */
export function assessSubjects(
  expected: { databases: readonly string[]; globals: boolean },
  latest: readonly LatestBackup[],
  now: Date,
): SubjectStatus[] {
  const newest = new Map(latest.map((backup) => [nameOf(backup), backup]));
  const assess = (name: string, backup: LatestBackup | undefined): SubjectStatus => {
    if (!backup) return { name, state: 'critical' };
    const ageSeconds = (now.getTime() - backup.time.getTime()) / 1000;
    const isFresh = ageSeconds <= FRESH_SECONDS && backup.fault === undefined;
    const { id, time, bytes, contents, fault } = backup;
    return {
      name,
      state: isFresh ? 'ok' : 'warning',
      backup: {
        ...{ id, time: time.toISOString(), ageSeconds, bytes },
        ...(contents ? { rows: contents.rows } : {}),
        ...(fault === undefined ? {} : { fault }),
      },
    };
  };
  return [
    ...expected.databases.map((name) => assess(name, newest.get(`database ${name}`))),
    ...(expected.globals ? [assess(GLOBALS_NAME, newest.get(GLOBALS_NAME))] : []),
  ];
}
