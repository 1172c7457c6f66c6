import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { parseBaseManifest } from '../model/base-manifest.js';
import { parseManifest, type Artifact } from '../model/manifest.js';
import { parseBaseKey } from '../model/physical-keys.js';
import type { SourceFile, SourceObject, Store, StoredObject, TransferOptions } from '../stores/store.js';
import { damagedObject } from '../stores/stored-content.js';
import type { LackingUnit } from './find-lacking.js';

/** Up to this size an object whose digest nobody noted is held in memory while it is copied, in bytes. */
const HELD_BYTES = 32 * 1024 ** 2;

/** From where to where. */
export interface Replication {
  primary: Store;
  replica: Store;
  /** A file that holds the same as an object of the primary, and need not be read there. */
  staged?: SourceFile & { key: string };
}

/**
 * Copies what belongs together, the object that makes the rest exist last. Idempotent; an artifact goes on where an
 * interrupted call stopped. What is damaged in the primary is not copied.
 *
 * @throws OperationError `ArtifactDamaged` when the primary does not hold what its manifest says
 * @throws OperationError `StoreConflict` when the replica holds something else under one of the keys
 * @throws OperationError `StoreNotFound` when an object is no longer in the primary
 */
export async function copyUnit(
  stores: Replication,
  unit: LackingUnit,
  options: TransferOptions,
): Promise<void> {
  if (unit.kind === 'backup') return copyBackup(stores, unit.key, options);
  for (const object of unit.objects.sort((a, b) => Number(b.key === unit.key) - Number(a.key === unit.key)))
    if (object.key === unit.key) await copyDocument(stores, object.key, options.signal);
    else await copyFile(stores, object, options);
}

/** Copies a backup by its manifest: the artifacts it names, each proved to have arrived, and then itself. */
export async function copyBackup(
  stores: Replication,
  manifestKey: string,
  { signal, onProgress }: TransferOptions,
): Promise<void> {
  const { primary, replica, staged } = stores;
  const manifest = await primary.getDocument(manifestKey, signal);
  if (!manifest) return; // deleted since
  let before = 0;
  for (const { key, bytes, sha256 } of artifactsOf(manifestKey, manifest.toString())) {
    const progress = { signal, onProgress: (done: number) => onProgress(before + done) };
    const stored = await primary.describe(key, signal);
    if (stored?.bytes !== bytes)
      throw damagedObject(
        primary,
        key,
        stored ? `has ${stored.bytes} bytes instead of ${bytes}` : 'is missing',
      );
    const source = staged?.key === key ? staged : { store: primary, key, bytes, sha256 };
    const receipt = await replica.putFile(key, source, progress);
    await replica.verify(key, receipt, { signal, onProgress: () => undefined });
    before += bytes;
  }
  await replica.putDocument(manifestKey, manifest, signal);
}

function artifactsOf(key: string, manifest: string): Artifact[] {
  if (!parseBaseKey(key)) return [parseManifest(manifest, key).artifact];
  const { artifact, backupManifest } = parseBaseManifest(manifest, key);
  return backupManifest ? [backupManifest, artifact] : [artifact];
}

async function copyDocument({ primary, replica }: Replication, key: string, signal: AbortSignal) {
  const content = await primary.getDocument(key, signal);
  if (content) await replica.putDocument(key, content, signal);
}

/**
 * Copies a file of which only the digest before it was compressed and encrypted is known: that it is empty is all that
 * tells of damage here.
 */
async function copyFile(
  { primary, replica }: Replication,
  { key, bytes }: StoredObject,
  options: TransferOptions,
): Promise<void> {
  if (bytes === 0) throw damagedObject(primary, key, 'is empty');
  const hash = createHash('sha256');
  let source: Pick<SourceObject, 'store' | 'bytes'> = { store: primary, bytes };
  if (bytes <= HELD_BYTES) {
    const content = await buffer(await primary.openRead(key, options.signal));
    hash.update(content);
    source = { store: hold(primary.name, content), bytes: content.length };
  } else
    for await (const piece of await primary.openRead(key, options.signal)) {
      hash.update(piece as Buffer);
      options.signal.throwIfAborted();
    }
  await replica.putFile(key, { ...source, key, sha256: hash.digest('hex') }, options);
}

/** What is in memory already, as if it were read from the store. */
function hold(name: string, content: Buffer): SourceObject['store'] {
  return {
    name,
    openRead: (_key, _signal, start = 0) => Promise.resolve(Readable.from([content.subarray(start)])),
  };
}
