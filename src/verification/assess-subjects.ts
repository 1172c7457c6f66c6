import type { LatestBackup } from '../catalogue/latest-backups.js';
import { GLOBALS_NAME } from '../model/keys.js';
import { nameSubject, subjectKey, type NamedSubject } from '../model/subject-names.js';

/** A nightly backup is due every 24 hours; an hour more is what a slow night may take. */
const FRESH_SECONDS = 25 * 3600;

/** How one database, the globals or the whole server stands. */
export interface SubjectStatus extends NamedSubject {
  /** `critical` without any backup that can be restored; `warning` when the last one is older than 25 h or not whole. */
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
  const newest = new Map(latest.map((backup) => [subjectKey(nameSubject(backup.subject)), backup]));
  const assess = (subject: NamedSubject): SubjectStatus => {
    const backup = newest.get(subjectKey(subject));
    if (!backup) return { ...subject, state: 'critical' };
    const ageSeconds = (now.getTime() - backup.time.getTime()) / 1000;
    const { id, time, bytes, contents, fault, noneWhole } = backup;
    const isFresh = ageSeconds <= FRESH_SECONDS && fault === undefined;
    return {
      ...subject,
      state: isFresh ? 'ok' : noneWhole ? 'critical' : 'warning',
      backup: {
        ...{ id, time: time.toISOString(), ageSeconds, bytes },
        ...(contents ? { rows: contents.rows } : {}),
        ...(fault === undefined ? {} : { fault }),
      },
    };
  };
  return [
    ...expected.databases.map((name) => assess({ kind: 'database', name })),
    ...(expected.globals ? [assess({ kind: 'globals', name: GLOBALS_NAME })] : []),
  ];
}
