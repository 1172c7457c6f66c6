import pMap from 'p-map';
import { readBaseManifest } from '../catalogue/base-backups.js';
import { readIfPresent } from '../catalogue/read-manifest.js';
import { OperationError } from '../model/failures.js';
import type { Inventory } from '../model/inventory.js';
import { parseKey, serverPrefixes, subjectPrefix } from '../model/keys.js';
import type { Artifact } from '../model/manifest.js';
import { parseBackupId } from '../model/names.js';
import { parseBaseKey, parseWalKey, serverBasePrefix, serverWalPrefix } from '../model/physical-keys.js';
import { isFromFuture } from '../model/retention.js';
import type { Store, StoredObject } from '../stores/store.js';
import { COMPARED_BACKUPS } from './judge-contents.js';

/** Manifests read at once. */
const CONCURRENCY = 8;

/** An artifact that a manifest describes. */
export interface DescribedArtifact extends Pick<Artifact, 'key' | 'bytes' | 'sha256'> {
  manifestKey: string;
}

/** What a store holds of one server, and what its manifests say that it should hold. */
export interface StoreContents {
  /** Name of the store. */
  store: string;
  artifacts: DescribedArtifact[];
  /** Those of them that are not there, or of another size: what there is of them. */
  astray: { artifact: DescribedArtifact; bytes: number | undefined }[];
  /** Manifests that cannot be understood, and why. */
  unreadable: { key: string; fault: string }[];
  /** Artifacts that no manifest stands for. */
  orphans: StoredObject[];
  /** Archived WAL: segments, parts of them and histories. */
  wal: StoredObject[];
  /** Everything in the listing. */
  objects: ReadonlyMap<string, StoredObject>;
  /** Keys of what is not ours. */
  foreign: string[];
  /** By database: the inventories of the newest backups, the newest first; as many as are compared. */
  inventories: Map<string, Inventory[]>;
}

interface Reading {
  artifacts: Artifact[];
  inventory?: Inventory;
}

/** Reads what a store holds of one server: its listing, and every manifest. No artifact is downloaded. */
export async function readStore(
  store: Store,
  server: string,
  { signal, onAlive }: { signal: AbortSignal; onAlive: () => void },
  now = new Date(),
): Promise<StoreContents> {
  const objects = new Map<string, StoredObject>();
  const keys = {
    manifest: [] as string[],
    artifact: [] as string[],
    wal: [] as string[],
    foreign: [] as string[],
  };
  for (const prefix of [...serverPrefixes(server), serverBasePrefix(server), serverWalPrefix(server)])
    for await (const object of store.list(prefix, signal)) {
      objects.set(object.key, object);
      const part = partOf(object.key);
      if (part !== 'note') keys[part].push(object.key);
      onAlive();
    }

  const compared = chooseCompared(keys.manifest, now);
  const unreadable: StoreContents['unreadable'] = [];
  const inventories: StoreContents['inventories'] = new Map();
  const artifacts: DescribedArtifact[] = [];
  // In their order: each database's oldest first.
  const read = await pMap(
    keys.manifest,
    async (key) => {
      const reading = await readUnlessUnreadable(store, key, signal, unreadable);
      onAlive();
      return compared.has(key) ? reading : reading && { artifacts: reading.artifacts };
    },
    { concurrency: CONCURRENCY, signal },
  );
  read.forEach((reading, index) => {
    const manifestKey = keys.manifest[index]!;
    for (const { key, bytes, sha256 } of reading?.artifacts ?? [])
      artifacts.push({ key, bytes, sha256, manifestKey });
    if (!reading?.inventory) return;
    const { subject } = parseKey(manifestKey)!;
    if (subject.kind !== 'database') return;
    inventories.set(subject.database, [reading.inventory, ...(inventories.get(subject.database) ?? [])]);
  });

  const described = new Set(artifacts.map(({ key }) => key));
  const manifests = new Set(keys.manifest.map(backupOf));
  return {
    store: store.name,
    artifacts,
    astray: await findAstray(store, artifacts, objects, signal),
    unreadable,
    orphans: keys.artifact
      .filter((key) => !described.has(key) && !manifests.has(backupOf(key)))
      .map((key) => objects.get(key)!),
    wal: keys.wal.map((key) => objects.get(key)!),
    objects,
    foreign: keys.foreign,
    inventories,
  };
}

/**
 * Reads what each store holds of a server.
 *
 * @returns that, and why a replica could not be read
 * @throws OperationError when the primary cannot be read
 */
export async function readStores(
  stores: readonly [Store, ...Store[]],
  server: string,
  step: { signal: AbortSignal; onAlive: () => void },
  now: Date,
): Promise<{ contents: StoreContents[]; faults: string[]; unread: string[] }> {
  const contents: StoreContents[] = [];
  const faults: string[] = [];
  const unread: string[] = [];
  for (const store of stores)
    try {
      contents.push(await readStore(store, server, step, now));
    } catch (error) {
      if (store === stores[0] || !(error instanceof OperationError)) throw error;
      step.signal.throwIfAborted();
      faults.push(error.message);
      unread.push(store.name);
    }
  return { contents, faults, unread };
}

function partOf(key: string): 'manifest' | 'artifact' | 'wal' | 'note' | 'foreign' {
  const wal = parseWalKey(key)?.part;
  return (
    parseKey(key)?.part ?? parseBaseKey(key)?.part ?? (wal === 'file' ? 'wal' : wal ? 'note' : 'foreign')
  );
}

/** What the manifest and the artifacts of one backup have in common. */
function backupOf(key: string): string {
  const logical = parseKey(key);
  if (logical) return subjectPrefix(logical.subject) + logical.id;
  const { cluster, id } = parseBaseKey(key)!;
  return `${cluster.systemIdentifier}/${id}`;
}

/** Of each database, the manifests of the newest backup and of those that it is compared with. */
function chooseCompared(manifestKeys: readonly string[], now: Date): Set<string> {
  const byDatabase = new Map<string, string[]>();
  for (const key of manifestKeys) {
    const { subject, id } = parseKey(key) ?? {};
    if (subject?.kind !== 'database' || isFromFuture(parseBackupId(id!)!.time, now)) continue;
    byDatabase.set(subject.database, [...(byDatabase.get(subject.database) ?? []), key]);
  }
  return new Set([...byDatabase.values()].flatMap((keys) => keys.slice(-1 - COMPARED_BACKUPS)));
}

/** Undefined for a manifest that was deleted since, and for one that cannot be understood. */
async function readUnlessUnreadable(
  store: Store,
  key: string,
  signal: AbortSignal,
  unreadable: StoreContents['unreadable'],
): Promise<Reading | undefined> {
  try {
    const logical = parseKey(key);
    if (logical) {
      const manifest = await readIfPresent(store, logical.subject, logical.id, signal);
      if (!manifest) return undefined;
      const { artifact } = manifest;
      return manifest.kind === 'database'
        ? { artifacts: [artifact], inventory: manifest.inventory }
        : { artifacts: [artifact] };
    }
    const { cluster, id } = parseBaseKey(key)!;
    const { artifact, backupManifest } = await readBaseManifest(store, cluster, id, signal);
    return { artifacts: backupManifest ? [artifact, backupManifest] : [artifact] };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    if (error.type === 'ManifestUnreadable') unreadable.push({ key, fault: error.message });
    else if (error.type !== 'BackupNotFound') throw error;
    return undefined;
  }
}

/** Asks once more for what the listing had otherwise: a backup may have been made, or pruned, in the meantime. */
async function findAstray(
  store: Store,
  artifacts: readonly DescribedArtifact[],
  objects: ReadonlyMap<string, StoredObject>,
  signal: AbortSignal,
): Promise<StoreContents['astray']> {
  const suspect = artifacts.filter(({ key, bytes }) => objects.get(key)?.bytes !== bytes);
  const astray: StoreContents['astray'] = [];
  for (const artifact of suspect) {
    const { bytes } = (await store.describe(artifact.key, signal)) ?? {};
    const isBackup = await store.describe(artifact.manifestKey, signal);
    if (bytes !== artifact.bytes && isBackup) astray.push({ artifact, bytes });
  }
  return astray;
}
