import type { RestoreDatabaseArgument } from '../model/arguments.js';
import { OperationError } from '../model/failures.js';
import { GLOBALS_NAME, type BackupSubject } from '../model/keys.js';
import type { Manifest } from '../model/manifest.js';
import { parseBackupId } from '../model/names.js';
import type { Store } from '../stores/store.js';
import { damagedObject } from '../stores/stored-content.js';
import { quoteNames, readFromStores, storesToRead } from './read-from-stores.js';
import { listIds, readIfPresent } from './read-manifest.js';

/** Which backup: `latest`, an id, or the last one whose data is of before a moment. */
export type BackupChoice = NonNullable<RestoreDatabaseArgument['backup']>;

/** A backup, and where it is read. */
export interface ChosenBackup {
  store: Store;
  manifest: Manifest;
  /** Why the stores before it were passed over, see {@link readFromStores}. */
  passedOver: string[];
}

/**
 * Finds a backup to restore, in the first store that has it, its artifact of the right size.
 *
 * @param stores - the configured ones
 * @param from - name of the only store to look into
 * @throws OperationError `BackupNotFound`, naming the other stores that have it
 * @throws OperationError `ArtifactDamaged`, `ManifestUnreadable`, also for the newest one: an older one of the same store
 * in its place would go unnoticed
 */
export async function chooseBackup(
  stores: readonly Store[],
  subject: BackupSubject,
  choice: BackupChoice,
  from: string | undefined,
  signal: AbortSignal,
): Promise<ChosenBackup> {
  const allowed = storesToRead(stores, from);
  const what = describeChoice(subject, choice);
  try {
    const { result, ...read } = await readFromStores(allowed, signal, async (store) => {
      const manifest = await findChosen(store, subject, choice, signal);
      if (!manifest) throw new OperationError('BackupNotFound', `No ${what} is in ${quoteNames([store])}.`);
      await requireArtifact(store, manifest.artifact, signal);
      return manifest;
    });
    return { ...read, manifest: result };
  } catch (error) {
    if (!(error instanceof OperationError) || error.type !== 'BackupNotFound') throw error;
    const having: Store[] = [];
    for (const store of stores)
      // One that cannot be read must not hide that the backup is not where it was looked for.
      if (
        !allowed.includes(store) &&
        (await findChosen(store, subject, choice, signal).catch(() => undefined))
      )
        having.push(store);
    const remedy =
      having.length > 0
        ? `restore it from ${quoteNames(having)}, which has it`
        : '"temponest-backups list" shows what the stores hold';
    throw new OperationError('BackupNotFound', `No ${what} is in ${quoteNames(allowed)}; ${remedy}.`);
  }
}

async function requireArtifact(
  store: Store,
  { key, bytes }: Manifest['artifact'],
  signal: AbortSignal,
): Promise<void> {
  const stored = await store.describe(key, signal);
  if (stored?.bytes === bytes) return;
  throw damagedObject(store, key, stored ? `has ${stored.bytes} bytes instead of ${bytes}` : 'is missing');
}

async function findChosen(
  store: Store,
  subject: BackupSubject,
  choice: BackupChoice,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  if (typeof choice === 'string' && choice !== 'latest')
    return isIdOf(subject, choice) ? readIfPresent(store, subject, choice, signal) : undefined;
  const before = typeof choice === 'string' ? undefined : new Date(choice.before);
  for (const id of (await listIds(store, subject, signal)).reverse()) {
    // The snapshot is taken after the moment in the id.
    if (before && parseBackupId(id)!.time >= before) continue;
    const manifest = await readIfPresent(store, subject, id, signal);
    if (manifest && (!before || new Date(manifest.snapshotTime) < before)) return manifest;
  }
  return undefined;
}

/** A text that is no id of the subject may be a path to elsewhere. */
function isIdOf(subject: BackupSubject, id: string): boolean {
  return parseBackupId(id)?.name === (subject.kind === 'database' ? subject.database : GLOBALS_NAME);
}

function describeChoice(subject: BackupSubject, choice: BackupChoice): string {
  const name = subject.kind === 'database' ? `database "${subject.database}"` : 'the globals';
  const of = `of ${name} of server "${subject.server}"`;
  if (typeof choice !== 'string') return `backup ${of} made before ${choice.before}`;
  return choice === 'latest' ? `backup ${of}` : `backup ${choice} ${of}`;
}
