import type { ProvenBackup } from '../catalogue/proven-backups.js';
import type { Finding } from '../model/findings.js';
import { GLOBALS_NAME, subjectName } from '../model/keys.js';
import { encodeName } from '../model/names.js';
import { WHOLE_SERVER } from './assess-base.js';
import type { SubjectStatus } from './assess-subjects.js';

/** A drill proves everything every month; ten days more is what a failed one takes to be made good. */
const PROVEN_SECONDS = 40 * 86_400;

/**
 * Judges how old the backups of a server are, by what was assessed of each. What is wrong with the newest one itself is for
 * others to say: here only its age counts.
 */
export function judgeFreshness(server: string, subjects: readonly SubjectStatus[]): Finding[] {
  return subjects.flatMap(({ name, state, backup }): Finding[] => {
    if (state === 'ok' || backup?.fault !== undefined) return [];
    const isBase = name === WHOLE_SERVER;
    const remedy = isBase
      ? 'see why the schedule "base" makes none, and run "temponest-backups backup-cluster"'
      : 'see why the schedule "nightly" makes none, and run "temponest-backups backup"';
    const what = isBase ? 'base backup' : `backup of ${nameForPeople(name)}`;
    return [
      {
        id: ['backup-late', server, name].map(encodeName).join('/'),
        severity: state,
        what: backup
          ? `The last ${what} of server ${server}, ${backup.id}, is ${formatHours(backup.ageSeconds)} old.`
          : `There is no ${what} of server ${server}.`,
        where: nameForPeople(name),
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
 * @param oldest - when the oldest backup is of that each subject has, by the subject's name
 */
export function judgeProof(
  server: string,
  oldest: ReadonlyMap<string, Date>,
  proven: readonly ProvenBackup[],
  now: Date,
): Finding[] {
  const newest = new Map<string, Date>();
  for (const { subject, provenAt } of proven) {
    const name = subjectName(subject);
    if ((newest.get(name) ?? 0) < provenAt) newest.set(name, provenAt);
  }
  return [...oldest].flatMap(([name, begun]): Finding[] => {
    const since = newest.get(name) ?? begun;
    if (now.getTime() - since.getTime() <= PROVEN_SECONDS * 1000) return [];
    return [
      {
        id: ['not-proven', server, name].map(encodeName).join('/'),
        severity: 'warning',
        what: `No drill has proven a backup of ${nameForPeople(name)} of server ${server} for ${formatHours((now.getTime() - since.getTime()) / 1000)}.`,
        where: nameForPeople(name),
        since: since.toISOString(),
        remedy: 'run "temponest-backups drill", and see why the schedule "drill-monthly" did not',
      },
    ];
  });
}

const nameForPeople = (name: string) =>
  name === GLOBALS_NAME ? 'the globals' : name === WHOLE_SERVER ? WHOLE_SERVER : `database ${name}`;

const formatHours = (seconds: number) =>
  seconds < 72 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
