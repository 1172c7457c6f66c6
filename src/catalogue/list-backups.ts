import { manifestKey, parseKey, serverPrefixes, type BackupSubject } from '../model/keys.js';
import { parseBackupId } from '../model/names.js';
import type { Store, StoredObject } from '../stores/store.js';

/** A backup as the store's listing shows it, its manifest unread. */
export interface ListedBackup {
  subject: BackupSubject;
  id: string;
  /** The time in the id, to the second. */
  time: Date;
  manifestKey: string;
  /** Empty when somebody removed the artifact, or when the backup was committed while the store was being listed. */
  artifacts: StoredObject[];
}

/** What a store holds of one server. */
export interface BackupListing {
  /** Databases in the order of their keys, then the globals; each oldest first. */
  backups: ListedBackup[];
  /** Artifacts without a manifest: of uploads not yet committed, of deletions interrupted half-way. */
  orphans: StoredObject[];
  /** Keys of somebody else's objects. */
  foreign: string[];
}

/**
 * Lists all backups of a server, databases and globals, whether configured or not.
 *
 * An artifact that looks like an orphan is asked about once more: its manifest may have been committed after the listing
 * had passed the place where it belongs.
 */
export async function listBackups(store: Store, server: string, signal: AbortSignal): Promise<BackupListing> {
  const found = new Map<string, Omit<ListedBackup, 'time'>>();
  const committed = new Set<string>();
  const foreign: string[] = [];
  for (const prefix of serverPrefixes(server))
    for await (const object of store.list(prefix, signal)) {
      const parsed = parseKey(object.key);
      if (!parsed) {
        foreign.push(object.key); // never touched
        continue;
      }
      const { subject, id, part } = parsed;
      const key = manifestKey(subject, id);
      const entry = found.get(key) ?? { subject, id, manifestKey: key, artifacts: [] };
      found.set(key, entry);
      if (part === 'manifest') committed.add(key);
      else entry.artifacts.push(object);
    }
  for (const key of found.keys())
    if (!committed.has(key) && (await store.describe(key, signal))) committed.add(key);

  const entries = [...found.values()];
  return {
    backups: entries
      .filter((entry) => committed.has(entry.manifestKey))
      .map((entry) => ({ ...entry, time: parseBackupId(entry.id)!.time })),
    orphans: entries
      .filter((entry) => !committed.has(entry.manifestKey))
      .flatMap(({ artifacts }) => artifacts),
    foreign,
  };
}
