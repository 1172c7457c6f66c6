import type { ListedBackup } from '../catalogue/list-backups.js';
import { subjectName } from '../model/keys.js';
import type { Store } from '../stores/store.js';
import { count, formatAge, formatBytes, formatTime, print, printJson, renderTable } from './output.js';

/**
 * Prints the backups of a server in a store, the newest first.
 *
 * @param database - only its backups; `globals` for the roles and tablespaces
 */
export function reportListing(
  all: readonly ListedBackup[],
  { server, store, database }: { server: string; store: Store; database: string | undefined },
  { json }: { json: boolean },
): void {
  const backups = all
    .filter((backup) => database === undefined || subjectName(backup.subject) === database)
    .sort((a, b) => b.time.getTime() - a.time.getTime());
  if (json) {
    printJson({ server, store: store.name, backups: backups.map(describeBackup) });
    return;
  }
  if (backups.length > 0)
    print(renderTable(['BACKUP', 'DATABASE', 'TIME', '>AGE', '>STORED'], backups.map(describeRow)));
  const of = database === undefined ? '' : ` of ${database}`;
  print(`${count(backups.length, 'backup')}${of} of server ${server} in store ${store.name} (${store.url}).`);
}

function describeBackup(backup: ListedBackup) {
  const { subject, id, time, manifestKey, artifacts } = backup;
  return {
    id,
    ...(subject.kind === 'database' ? { database: subject.database } : {}),
    kind: subject.kind,
    time: time.toISOString(),
    bytes: artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0),
    manifestKey,
    artifactKeys: artifacts.map(({ key }) => key),
  };
}

function describeRow(backup: ListedBackup): string[] {
  const { id, time, bytes } = describeBackup(backup);
  return [
    id,
    subjectName(backup.subject),
    formatTime(new Date(time)),
    formatAge((Date.now() - backup.time.getTime()) / 1000),
    bytes === 0 ? 'artifact missing' : formatBytes(bytes),
  ];
}
