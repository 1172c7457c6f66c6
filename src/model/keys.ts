import { decodeName, encodeName, parseBackupId } from './names.js';

/** What a backup is of: one database, or the server's globals (roles, memberships, tablespaces). */
export type BackupSubject =
  { kind: 'database'; server: string; database: string } | { kind: 'globals'; server: string };

const MANIFEST_SUFFIX = '.manifest.json';

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

/** The subject, id and role of an object below the store's prefix, or `undefined` for a foreign object. */
export function parseKey(
  key: string,
): { subject: BackupSubject; id: string; part: 'manifest' | 'artifact' } | undefined {
  const segments = key.split('/');
  const file = segments.pop()!;
  const part = file.endsWith(MANIFEST_SUFFIX) ? 'manifest' : 'artifact';
  const end = part === 'manifest' ? -MANIFEST_SUFFIX.length : undefined;
  const id =
    part === 'manifest' ? file.slice(0, end) : /^(.+_\d{8}_\d{6})\.(?:dump\.tar|sql)\b/.exec(file)?.[1];
  if (!id || !parseBackupId(id)) return undefined;
  try {
    const [room, server, database] = segments.map(decodeName);
    if (room === 'postgres' && segments.length === 3 && parseBackupId(id)?.name === database)
      return { subject: { kind: 'database', server: server!, database: database! }, id, part };
    if (room === 'globals' && segments.length === 2)
      return { subject: { kind: 'globals', server: server! }, id, part };
  } catch {
    // A segment that no encodeName made: somebody else's object.
  }
  return undefined;
}
