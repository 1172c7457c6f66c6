import { OperationError } from '../model/failures.js';
import { GLOBALS_NAME, manifestKey, parseKey, subjectPrefix, type BackupSubject } from '../model/keys.js';
import { parseManifest, type Manifest } from '../model/manifest.js';
import { parseBackupId } from '../model/names.js';
import { isFromFuture } from '../model/retention.js';
import type { Store } from '../stores/store.js';

/**
 * Reads the manifest of one backup.
 *
 * @throws OperationError `InvalidArgument` when there is no such backup, `ManifestUnreadable` when it can't be understood
 */
export async function readManifest(
  store: Store,
  subject: BackupSubject,
  id: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const manifest = await readIfPresent(store, subject, id, signal);
  if (!manifest) throw notFound(store, subject.server, `backup ${id}`);
  return manifest;
}

/**
 * Finds a backup by its id alone, or the latest one of a database or of the globals.
 *
 * @throws OperationError `InvalidArgument` when there is none, `ManifestUnreadable` when it can't be understood
 */
export async function findBackup(
  store: Store,
  server: string,
  which: { id: string } | { latestOf: BackupSubject },
  signal: AbortSignal,
): Promise<Manifest> {
  if ('latestOf' in which) {
    const subject = which.latestOf;
    const id = (await listIds(store, subject, signal)).at(-1);
    if (id) return readManifest(store, subject, id, signal);
    const name = subject.kind === 'database' ? `database ${subject.database}` : 'the globals';
    throw notFound(store, server, `backup of ${name}`);
  }
  for (const subject of subjectsOf(server, which.id)) {
    const manifest = await readIfPresent(store, subject, which.id, signal);
    if (manifest) return manifest;
  }
  throw notFound(store, server, `backup ${which.id}`);
}

/** What an id may be a backup of: a database may be called `globals` too. */
function subjectsOf(server: string, id: string): BackupSubject[] {
  const database = parseBackupId(id)?.name;
  if (!database) return [];
  const subject: BackupSubject = { kind: 'database', server, database };
  return database === GLOBALS_NAME ? [{ kind: 'globals', server }, subject] : [subject];
}

/**
 * The ids of all backups of a subject, oldest first; those that are dated in the future, by a clock that was wrong, come
 * before all others, so that none of them passes for the newest.
 */
export async function listIds(store: Store, subject: BackupSubject, signal: AbortSignal): Promise<string[]> {
  const now = new Date();
  const ids: string[] = [];
  const fromFuture: string[] = [];
  // Within one subject the order of keys is the order of time.
  for await (const { key } of store.list(subjectPrefix(subject), signal)) {
    const parsed = parseKey(key);
    if (parsed?.part !== 'manifest') continue;
    (isFromFuture(parseBackupId(parsed.id)!.time, now) ? fromFuture : ids).push(parsed.id);
  }
  return [...fromFuture, ...ids];
}

/**
 * Reads the manifest of one backup; undefined when there is no such backup.
 *
 * @throws OperationError `ManifestUnreadable` when it can't be understood
 */
export async function readIfPresent(
  store: Store,
  subject: BackupSubject,
  id: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const key = manifestKey(subject, id);
  const document = await store.getDocument(key, signal);
  return document && parseManifest(document.toString(), key);
}

function notFound(store: Store, server: string, what: string): OperationError {
  return new OperationError(
    'InvalidArgument',
    `The store ${store.name} holds no ${what} on server ${server}; "temponest-backups list" shows what it holds.`,
  );
}
