import { decodeName, encodeName, parseBackupId } from './names.js';

/** What a backup is of: one database, or the server's globals (roles, memberships, tablespaces). */
export type BackupSubject =
  { kind: 'database'; server: string; database: string } | { kind: 'globals'; server: string };

const MANIFEST_SUFFIX = '.manifest.json';

/** A backup's id, then what its artifact or manifest ends in. */
const FILE_NAME = /^(.+_\d{8}_\d{6})(\.manifest\.json|\.(?:dump\.tar|sql)\.(?:zst|gz)(?:\.gpg)?)$/;

/** Stands for the database's name in the ids of the globals' backups. */
export const GLOBALS_NAME = 'globals';

/** What a subject is called in ids and by people: its database's name, or `globals` where there is none. */
export function subjectName(subject: BackupSubject | { database?: string | undefined }): string {
  return ('database' in subject ? subject.database : undefined) ?? GLOBALS_NAME;
}

/** The "directory" of a subject's objects, ending in a slash so that `app` never matches `app_staging`. */
export function subjectPrefix(subject: BackupSubject): string {
  const server = encodeName(subject.server);
  return subject.kind === 'database'
    ? `postgres/${server}/${encodeName(subject.database)}/`
    : `globals/${server}/`;
}

/** All prefixes below which backups of `server` lie. */
export function serverPrefixes(server: string): string[] {
  return [`postgres/${encodeName(server)}/`, `globals/${encodeName(server)}/`];
}

/** The key of a backup's manifest: the object that makes the backup exist. */
export function manifestKey(subject: BackupSubject, id: string): string {
  return `${subjectPrefix(subject)}${id}${MANIFEST_SUFFIX}`;
}

/** The key of a backup's artifact; `suffix` says what was applied, outermost last (`.dump.tar.zst.gpg`). */
export function artifactKey(subject: BackupSubject, id: string, suffix: string): string {
  return `${subjectPrefix(subject)}${id}${suffix}`;
}

/**
 * The subject, id and role of an object below the store's prefix, or `undefined` for a foreign object: pruning deletes by
 * what this answers, so a key counts as ours only if it is exactly one that the functions above make.
 */
export function parseKey(
  key: string,
): { subject: BackupSubject; id: string; part: 'manifest' | 'artifact' } | undefined {
  const segments = key.split('/');
  const file = segments.pop()!;
  const [, id, suffix] = FILE_NAME.exec(file) ?? [];
  const name = id && parseBackupId(id)?.name;
  if (!name) return undefined;
  try {
    const [room, server, database] = segments.map(decodeName);
    const subject: BackupSubject =
      room === 'globals'
        ? { kind: 'globals', server: server! }
        : { kind: 'database', server: server!, database: database! };
    const isOurs = key === subjectPrefix(subject) + file && name === subjectName(subject);
    if (!isOurs) return undefined;
    if (suffix === MANIFEST_SUFFIX) return { subject, id: id, part: 'manifest' };
    if (suffix!.startsWith(subject.kind === 'globals' ? '.sql.' : '.dump.tar.'))
      return { subject, id: id, part: 'artifact' };
  } catch {
    // A segment that no encodeName made: somebody else's object.
  }
  return undefined;
}

/** Stands for a database's name in the ids of drills. */
export const DRILL_NAME = 'drill';

/** The "directory" of the reports of a server's drills. */
export function drillPrefix(server: string): string {
  return `drills/${encodeName(server)}/`;
}

/** The key of a drill's report, for programs or for people; within a server the order of keys is that of time. */
export function drillReportKey(server: string, id: string, format: 'json' | 'md'): string {
  return `${drillPrefix(server)}${parseBackupId(id)!.time.getUTCFullYear()}/${id}.${format}`;
}

/** Stands for a database's name in the ids of verifications. */
export const VERIFICATION_NAME = 'verify';

/** The "directory" of the reports of a server's verifications, of all years or of one. */
export function verificationPrefix(server: string, year?: number): string {
  return `verifications/${encodeName(server)}/${year === undefined ? '' : `${year}/`}`;
}

/**
 * The key of a verification's report, or of the record of what it read back; within a server the order of keys is that of
 * time.
 */
export function verificationKey(server: string, id: string, part: 'report' | 'readBack'): string {
  const year = parseBackupId(id)!.time.getUTCFullYear();
  return `${verificationPrefix(server, year)}${id}${part === 'report' ? '.json' : '.read-back.json'}`;
}

/** The verification that an object below {@link verificationPrefix} is of, or undefined for a foreign one. */
export function parseVerificationKey(
  server: string,
  key: string,
): { id: string; part: 'report' | 'readBack' } | undefined {
  const [, id, suffix] = /([^/]+?)(\.read-back)?\.json$/.exec(key) ?? [];
  if (id === undefined || parseBackupId(id)?.name !== VERIFICATION_NAME) return undefined;
  const part = suffix === undefined ? 'report' : 'readBack';
  return key === verificationKey(server, id, part) ? { id, part } : undefined;
}
