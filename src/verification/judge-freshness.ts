import type { ProvenBackup } from '../catalogue/proven-backups.js';
import type { Finding } from '../model/findings.js';
import { encodeName } from '../model/names.js';
import { nameSubject, subjectKey, WHOLE_SERVER, type NamedSubject } from '../model/subject-names.js';
import type { SubjectStatus } from './assess-subjects.js';

/** A drill proves everything every month; ten days more is what a failed one takes to be made good. */
const PROVEN_SECONDS = 40 * 86_400;

/**
 * Judges how old the backups of a server are, by what was assessed of each. What is wrong with the newest one itself is for
 * others to say: here only its age counts.
 */
export function judgeFreshness(server: string, subjects: readonly SubjectStatus[]): Finding[] {
  return subjects.flatMap(({ state, backup, ...subject }): Finding[] => {
    if (state === 'ok' || backup?.fault !== undefined) return [];
    const isBase = subject.kind === 'base';
    const remedy = isBase
      ? 'see why the schedule "base" makes none, and run "temponest-backups backup-cluster"'
      : 'see why the schedule "nightly" makes none, and run "temponest-backups backup"';
    const what = isBase ? 'base backup' : `backup of ${nameForPeople(subject)}`;
    return [
      {
        id: makeId('backup-late', server, subject),
        severity: state,
        what: backup
          ? `The last ${what} of server ${server}, ${backup.id}, is ${formatHours(backup.ageSeconds)} old.`
          : `There is no ${what} of server ${server}.`,
        where: nameForPeople(subject),
        ...(backup ? { since: backup.time } : {}),
        remedy,
      },
    ];
  });
}

/**
 * Judges whether what is backed up was proven by a drill not too long ago. What is backed up for less than that is not
 * judged yet.
 *
 * @param oldest - when the oldest backup is of that each subject has
 */
export function judgeProof(
  server: string,
  oldest: readonly { subject: NamedSubject; time: Date }[],
  proven: readonly ProvenBackup[],
  now: Date,
): Finding[] {
  const newest = new Map<string, Date>();
  for (const { subject, provenAt } of proven) {
    const key = subjectKey(nameSubject(subject));
    if ((newest.get(key) ?? 0) < provenAt) newest.set(key, provenAt);
  }
  return oldest.flatMap(({ subject, time }): Finding[] => {
    const since = newest.get(subjectKey(subject)) ?? time;
    if (now.getTime() - since.getTime() <= PROVEN_SECONDS * 1000) return [];
    return [
      {
        id: makeId('not-proven', server, subject),
        severity: 'warning',
        what: `No drill has proven a backup of ${nameForPeople(subject)} of server ${server} for ${formatHours((now.getTime() - since.getTime()) / 1000)}.`,
        where: nameForPeople(subject),
        since: since.toISOString(),
        remedy: 'run "temponest-backups drill", and see why the schedule "drill-monthly" did not',
      },
    ];
  });
}

/** A database may be called like the globals or the whole server, whose ids therefore begin with a kind of their own. */
const makeId = (begin: string, server: string, { kind, name }: NamedSubject) =>
  (kind === 'database' ? [begin, server, name] : [`${begin}-${kind}`, server]).map(encodeName).join('/');

const nameForPeople = ({ kind, name }: NamedSubject) =>
  kind === 'globals' ? 'the globals' : kind === 'base' ? WHOLE_SERVER : `database ${name}`;

const formatHours = (seconds: number) =>
  seconds < 72 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
