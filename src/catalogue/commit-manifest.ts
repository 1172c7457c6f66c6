import { OperationError } from '../model/failures.js';
import { manifestKey, type BackupSubject } from '../model/keys.js';
import { manifest as manifestSchema, type Manifest } from '../model/manifest.js';
import type { Store } from '../stores/store.js';

/**
 * Makes a backup exist. Idempotent: the same manifest again is success.
 *
 * @returns the manifest's key
 * @throws OperationError `ArtifactDamaged` when the artifact is not, or no longer, in the store: an upload that was left
 *   uncommitted for days may have been swept as an orphan
 * @throws OperationError `StoreConflict` when the backup exists with another manifest
 */
export async function commitManifest(store: Store, manifest: Manifest, signal: AbortSignal): Promise<string> {
  const { artifact, ...facts } = manifestSchema.parse(manifest);
  const stored = await store.describe(artifact.key, signal);
  if (stored?.bytes !== artifact.bytes)
    throw new OperationError(
      'ArtifactDamaged',
      `The store ${store.name} does not hold the ${artifact.bytes} bytes of ${artifact.key}; start the backup again.`,
    );
  const key = manifestKey(subjectOf(manifest), manifest.id);
  const lockedUntil = stored.lockedUntil?.toISOString();
  const text = JSON.stringify({ ...facts, artifact, lockedUntil }, null, 2);
  await store.putDocument(key, Buffer.from(`${text}\n`), signal);
  return key;
}

function subjectOf(manifest: Manifest): BackupSubject {
  return manifest.kind === 'database'
    ? { kind: 'database', server: manifest.server, database: manifest.database }
    : { kind: 'globals', server: manifest.server };
}
