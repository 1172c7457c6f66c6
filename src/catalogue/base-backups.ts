import pMap from 'p-map';
import { baseManifest, parseBaseManifest, type BaseManifest } from '../model/base-manifest.js';
import { OperationError } from '../model/failures.js';
import { parseBackupId } from '../model/names.js';
import {
  BASE_NAME,
  baseManifestKey,
  basePrefix,
  parseBaseKey,
  serverBasePrefix,
  type Cluster,
} from '../model/physical-keys.js';
import type { Store, StoredObject } from '../stores/store.js';
import { deleteUnlocked } from './prune-guards.js';

/** Manifests read at once. */
const CONCURRENCY = 8;

/** A chain is a week long at most: half a day less, so that what is made at the same hour of each Sunday is whole. */
const CHAIN_MILLISECONDS = 6.5 * 86_400_000;

/** A base backup as the store's listing shows it, its manifest unread. */
export interface ListedBaseBackup {
  cluster: Cluster;
  id: string;
  /** The time in the id, to the second: when it was planned. */
  time: Date;
  manifestKey: string;
  /** Empty when somebody removed them. */
  artifacts: StoredObject[];
}

/** What a store holds of a server's base backups. */
export interface BaseListing {
  /** Of all incarnations of the server, oldest first. */
  backups: ListedBaseBackup[];
  /** Artifacts without a manifest: of backups not yet committed, of deletions interrupted half-way. */
  orphans: StoredObject[];
}

/** Lists the base backups of a server without reading them. */
export async function listBaseObjects(
  store: Store,
  server: string,
  signal: AbortSignal,
): Promise<BaseListing> {
  const found = new Map<string, ListedBaseBackup>();
  const committed = new Set<string>();
  for await (const object of store.list(serverBasePrefix(server), signal)) {
    const parsed = parseBaseKey(object.key);
    if (!parsed) continue; // not ours, and never touched
    const { cluster, id, part } = parsed;
    const manifestKey = baseManifestKey(cluster, id);
    const entry = found.get(manifestKey) ?? {
      cluster,
      id,
      time: parseBackupId(id)!.time,
      manifestKey,
      artifacts: [],
    };
    found.set(manifestKey, entry);
    if (part === 'manifest') committed.add(manifestKey);
    else entry.artifacts.push(object);
  }
  // Its manifest may have been committed after the listing had passed the place where it belongs.
  for (const key of found.keys())
    if (!committed.has(key) && (await store.describe(key, signal))) committed.add(key);
  const entries = [...found.values()].sort((a, b) => a.time.getTime() - b.time.getTime());
  return {
    backups: entries.filter(({ manifestKey }) => committed.has(manifestKey)),
    orphans: entries
      .filter(({ manifestKey }) => !committed.has(manifestKey))
      .flatMap(({ artifacts }) => artifacts),
  };
}

/**
 * The base backups of a server, of all its incarnations, by when they were made, oldest first.
 *
 * @throws OperationError `ManifestUnreadable` for one that can't be understood
 */
export async function listBaseBackups(
  store: Store,
  server: string,
  signal: AbortSignal,
): Promise<BaseManifest[]> {
  const { backups } = await listBaseObjects(store, server, signal);
  return pMap(backups, ({ cluster, id }) => readBaseManifest(store, cluster, id, signal), {
    concurrency: CONCURRENCY,
    signal,
  });
}

/**
 * Reads the manifest of one base backup.
 *
 * @throws OperationError `BackupNotFound` when there is no such backup, `ManifestUnreadable` when it can't be understood
 */
export async function readBaseManifest(
  store: Store,
  cluster: Cluster,
  id: string,
  signal: AbortSignal,
): Promise<BaseManifest> {
  const key = baseManifestKey(cluster, id);
  const document = await store.getDocument(key, signal);
  if (document) return parseBaseManifest(document.toString(), key);
  throw new OperationError(
    'BackupNotFound',
    `The store ${store.name} holds no base backup ${id} of server ${cluster.server}; "temponest-backups list" shows what it holds.`,
  );
}

/** The base backup with that id, of whichever incarnation of the server; undefined when there is none. */
export async function findBaseBackup(
  store: Store,
  server: string,
  id: string,
  signal: AbortSignal,
): Promise<BaseManifest | undefined> {
  if (parseBackupId(id)?.name !== BASE_NAME) return undefined;
  const { backups } = await listBaseObjects(store, server, signal);
  const found = backups.findLast((backup) => backup.id === id);
  return found && readBaseManifest(store, found.cluster, id, signal);
}

/**
 * The base backups that are needed to have one of them whole: the full one first, then each incremental one up to it;
 * undefined when one of its parents is gone.
 *
 * @param backups - among which its parents are
 */
export function chainOf(
  backups: readonly BaseManifest[],
  backup: BaseManifest,
): [BaseManifest, ...BaseManifest[]] | undefined {
  const chain: [BaseManifest, ...BaseManifest[]] = [backup];
  for (let parent = backup.incrementalTo; parent !== undefined; parent = chain[0].incrementalTo) {
    const found = backups.find(
      ({ id, systemIdentifier }) => id === parent && systemIdentifier === backup.systemIdentifier,
    );
    if (!found) return undefined;
    chain.unshift(found);
  }
  return chain;
}

/**
 * The base backup that a new one may hold the changes since: the newest of its cluster, where that was made to be one and
 * the whole one before it is not too old. Undefined when it has to be a whole one itself.
 *
 * @param backups - oldest first
 */
export function chooseParent(
  backups: readonly BaseManifest[],
  { systemIdentifier }: Pick<Cluster, 'systemIdentifier'>,
  now: Date,
): BaseManifest | undefined {
  const newest = backups.findLast((backup) => backup.systemIdentifier === systemIdentifier);
  if (!newest?.backupManifest) return undefined;
  const whole = chainOf(backups, newest)?.[0];
  const age = now.getTime() - new Date(whole?.startTime ?? 0).getTime();
  return age < CHAIN_MILLISECONDS ? newest : undefined;
}

/**
 * Makes a base backup exist. Idempotent: the same manifest again is success.
 *
 * @returns the manifest's key
 * @throws OperationError `ArtifactDamaged` when an artifact is not, or no longer, in the store
 * @throws OperationError `StoreConflict` when the backup exists with another manifest
 */
export async function commitBaseManifest(
  store: Store,
  manifest: BaseManifest,
  signal: AbortSignal,
): Promise<string> {
  const checked = baseManifest.parse(manifest);
  let lockedUntil: string | undefined;
  for (const { key, bytes } of [checked.backupManifest ?? [], checked.artifact].flat()) {
    const stored = await store.describe(key, signal);
    if (stored?.bytes !== bytes)
      throw new OperationError(
        'ArtifactDamaged',
        `The store ${store.name} does not hold the ${bytes} bytes of ${key}; start the backup again.`,
      );
    lockedUntil = stored.lockedUntil?.toISOString();
  }
  const key = baseManifestKey(checked, checked.id);
  const text = JSON.stringify({ ...checked, lockedUntil }, null, 2);
  await store.putDocument(key, Buffer.from(`${text}\n`), signal);
  return key;
}

/**
 * Deletes a base backup: first the manifest, with which it ceases to exist, then what it described. Success when it does
 * not exist.
 *
 * @returns the rule that keeps it, where the store refuses to delete it
 */
export async function deleteBaseBackup(
  store: Store,
  cluster: Cluster,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  // By the listing and not by the manifest, which an interrupted call may have deleted already.
  const artifacts: string[] = [];
  for await (const { key } of store.list(basePrefix(cluster), signal)) {
    const parsed = parseBaseKey(key);
    if (parsed?.part === 'artifact' && parsed.id === id) artifacts.push(key);
  }
  return await deleteUnlocked(store, [baseManifestKey(cluster, id), ...artifacts], signal);
}
