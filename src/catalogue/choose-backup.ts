import type { RestoreDatabaseArgument } from '../model/arguments.js';
import { OperationError } from '../model/failures.js';
import { GLOBALS_NAME, type BackupSubject } from '../model/keys.js';
import type { Manifest } from '../model/manifest.js';
import { parseBackupId } from '../model/names.js';
import type { Store } from '../stores/store.js';
import { listIds, readIfPresent } from './read-manifest.js';

/** Which backup: `latest`, an id, or the last one whose data is of before a moment. */
export type BackupChoice = NonNullable<RestoreDatabaseArgument['backup']>;

/**
 * Finds a backup to restore.
 *
 * @param stores - the configured ones; the first that has such a backup is read
 * @param from - name of the only store to look into
 * @throws OperationError `BackupNotFound`, naming the other stores that have it
 * @throws OperationError `ManifestUnreadable`, also for the newest one: an older one in its place would go unnoticed
 */
export async function chooseBackup(
  stores: readonly Store[],
  subject: BackupSubject,
  choice: BackupChoice,
  from: string | undefined,
  signal: AbortSignal,
): Promise<{ store: Store; manifest: Manifest }> {
  const allowed = from === undefined ? stores : stores.filter(({ name }) => name === from);
  if (allowed.length === 0)
    throw new OperationError(
      'InvalidArgument',
      `There is no store "${from}"; backups.yaml has ${quoteNames(stores)}.`,
    );
  for (const store of allowed) {
    const manifest = await findChosen(store, subject, choice, signal);
    if (manifest) return { store, manifest };
  }
  const having: Store[] = [];
  for (const store of stores)
    // One that cannot be read must not hide that the backup is not where it was looked for.
    if (!allowed.includes(store) && (await findChosen(store, subject, choice, signal).catch(() => undefined)))
      having.push(store);
  const remedy =
    having.length > 0
      ? `restore it from ${quoteNames(having)}, which has it`
      : '"temponest-backups list" shows what the stores hold';
  throw new OperationError(
    'BackupNotFound',
    `No ${describeChoice(subject, choice)} is in ${quoteNames(allowed)}; ${remedy}.`,
  );
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

function quoteNames(stores: readonly Store[]): string {
  const names = stores.map(({ name }) => `"${name}"`).join(', ');
  return stores.length === 1 ? `store ${names}` : `stores ${names}`;
}
