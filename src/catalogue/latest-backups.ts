import pMap from 'p-map';
import { OperationError } from '../model/failures.js';
import type { BackupSubject } from '../model/keys.js';
import type { Manifest } from '../model/manifest.js';
import { isFromFuture } from '../model/retention.js';
import type { Store } from '../stores/store.js';
import { listBackups, type ListedBackup } from './list-backups.js';
import { listIds, readManifest } from './read-manifest.js';

/** Manifests read at once. */
const CONCURRENCY = 8;

const describeFuture = (id: string) =>
  `${id} is dated in the future; correct the clock of the workers, and make a new backup.`;

/** The newest backup of one database, or of the globals. */
export interface LatestBackup {
  subject: BackupSubject;
  id: string;
  /** The time in the id. */
  time: Date;
  /** Size of the artifact as stored. */
  bytes: number;
  /** What the manifest counts; the globals have nothing to count. */
  contents?: { tables: number; rows: number; dumpBytes: number };
  /** Why it does not count: its manifest cannot be read, its artifact is missing or of another size, its date is to come. */
  fault?: string;
  /** Set when it cannot be restored, and none that was made before it either. */
  noneWhole?: true;
}

/**
 * The newest backup of every subject of a server; one from the future only without another. Reads one manifest each, and
 * those before it only of one that is not whole.
 */
export async function latestBackups(
  store: Store,
  server: string,
  signal: AbortSignal,
  now = new Date(),
): Promise<LatestBackup[]> {
  const { backups } = await listBackups(store, server, signal);
  const isFuture = ({ time }: { time: Date }) => isFromFuture(time, now);
  const past = backups.filter((backup) => !isFuture(backup));
  // Each subject's backups come oldest first, so the last one stays.
  const newest = new Map(
    [...backups.filter(isFuture), ...past].map((backup) => [JSON.stringify(backup.subject), backup]),
  );
  return pMap(
    newest,
    async ([key, backup]) => {
      const { subject, id, time, artifacts } = backup;
      const bytes = artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
      const read = await readWhole(store, backup, signal);
      if ('manifest' in read) {
        const facts = isFuture(backup) ? { fault: describeFuture(id) } : countContents(read.manifest);
        return { subject, id, time, bytes, ...facts };
      }
      const others = past.filter((other) => other !== backup && JSON.stringify(other.subject) === key);
      const noneWhole = !(await isAnyWhole(store, others, signal));
      return { subject, id, time, bytes, ...read, ...(noneWhole ? { noneWhole } : {}) };
    },
    { concurrency: CONCURRENCY, signal },
  );
}

/**
 * The manifest of a backup that is whole, or why it is not: a manifest that nobody can read must not hide how the other
 * databases are.
 */
async function readWhole(
  store: Store,
  { subject, id }: ListedBackup,
  signal: AbortSignal,
): Promise<{ manifest: Manifest } | { fault: string }> {
  const read = await readOrExplain(store, subject, id, signal);
  if ('fault' in read) return read;
  const { key, bytes } = read.manifest.artifact;
  const stored = await store.describe(key, signal);
  if (stored?.bytes === bytes) return read;
  const found = stored ? `has ${stored.bytes} bytes instead of ${bytes}` : 'is missing';
  return { fault: `${key} ${found}; make a new backup.` };
}

/** Looks from the newest one on, which is most likely to be. */
async function isAnyWhole(
  store: Store,
  backups: readonly ListedBackup[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const backup of backups.toReversed())
    if ('manifest' in (await readWhole(store, backup, signal))) return true;
  return false;
}

/**
 * The manifest of a subject's newest backup, as a hint for the next one: undefined when there is none, and also when it
 * cannot be read, which must not keep a new backup from being made.
 */
export async function latestManifest(
  store: Store,
  subject: BackupSubject,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const id = (await listIds(store, subject, signal)).at(-1);
  if (!id) return undefined;
  const read = await readOrExplain(store, subject, id, signal);
  return 'fault' in read ? undefined : read.manifest;
}

async function readOrExplain(
  store: Store,
  subject: BackupSubject,
  id: string,
  signal: AbortSignal,
): Promise<{ manifest: Manifest } | { fault: string }> {
  try {
    return { manifest: await readManifest(store, subject, id, signal) };
  } catch (error) {
    if (error instanceof OperationError && error.type === 'ManifestUnreadable')
      return { fault: error.message };
    throw error;
  }
}

function countContents(manifest: Manifest): Pick<LatestBackup, 'contents'> {
  if (manifest.kind === 'globals') return {};
  const { tables, largeObjects } = manifest.inventory;
  const sum = (count: 'rows' | 'bytes') => tables.reduce((total, table) => total + table[count], 0);
  return {
    contents: { tables: tables.length, rows: sum('rows'), dumpBytes: sum('bytes') + largeObjects.bytes },
  };
}
