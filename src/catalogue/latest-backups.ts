import pMap from 'p-map';
import { OperationError } from '../model/failures.js';
import type { BackupSubject } from '../model/keys.js';
import type { Manifest } from '../model/manifest.js';
import { isFromFuture } from '../model/retention.js';
import type { Store } from '../stores/store.js';
import { listBackups } from './list-backups.js';
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
}

/** The newest backup of every subject of a server, reading one manifest each; one from the future only without another. */
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
    newest.values(),
    async ({ subject, id, time, artifacts }) => {
      const bytes = artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
      // A manifest that nobody can read must not hide how the other databases are.
      const read = await readOrExplain(store, subject, id, signal);
      if ('fault' in read) return { subject, id, time, bytes, ...read };
      if (isFuture({ time })) return { subject, id, time, bytes, fault: describeFuture(id) };
      const { key, bytes: bytesMade } = read.manifest.artifact;
      const stored = await store.describe(key, signal);
      const fault =
        stored?.bytes === bytesMade
          ? undefined
          : `${key} ${stored ? `has ${stored.bytes} bytes instead of ${bytesMade}` : 'is missing'}; make a new backup.`;
      return {
        subject,
        id,
        time,
        bytes,
        ...(fault === undefined ? countContents(read.manifest) : { fault }),
      };
    },
    { concurrency: CONCURRENCY, signal },
  );
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
