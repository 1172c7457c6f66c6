import type { ListedBaseBackup } from '../catalogue/base-backups.js';
import type { ListedBackup } from '../catalogue/list-backups.js';
import { OperationError } from '../model/failures.js';
import { GLOBALS_NAME } from '../model/keys.js';
import { labelSubject, nameSubject, wholeServer } from '../model/subject-names.js';
import type { Store } from '../stores/store.js';
import { count, formatAge, formatBytes, formatTime, print, printJson, renderTable } from './output.js';

type AnyListed = ListedBackup | ListedBaseBackup;

/** What a backup is of, for people. */
const subjectOf = (backup: AnyListed) => ('cluster' in backup ? wholeServer : nameSubject(backup.subject));

/**
 * Prints the backups of a server in a store, the newest first.
 *
 * @param database - only its backups, and no base backups; `globals` for the roles and tablespaces
 * @param configured - databases that may have no backup yet
 * @throws OperationError `InvalidArgument` for a database that is not configured and has no backup
 */
export function reportListing(
  all: readonly AnyListed[],
  {
    server,
    store,
    database,
    configured = [],
  }: { server: string; store: Store; database: string | undefined; configured?: readonly string[] },
  { json }: { json: boolean },
): void {
  const backups = all
    .filter(
      (backup) => database === undefined || (!('cluster' in backup) && subjectOf(backup).name === database),
    )
    .sort((a, b) => b.time.getTime() - a.time.getTime());
  if (database !== undefined && backups.length === 0)
    refuseUnknown(database, { server, store, all, configured });
  if (json) {
    printJson({ server, store: store.name, backups: backups.map(describeBackup) });
    return;
  }
  if (backups.length > 0)
    print(renderTable(['BACKUP', 'DATABASE', 'TIME', '>AGE', '>STORED'], backups.map(describeRow)));
  const of = database === undefined ? '' : ` of ${database}`;
  print(`${count(backups.length, 'backup')}${of} of server ${server} in store ${store.name} (${store.url}).`);
}

/** A configured database may have no backup yet; any other name is more likely mistyped. */
function refuseUnknown(
  database: string,
  {
    server,
    store,
    all,
    configured,
  }: { server: string; store: Store; all: readonly AnyListed[]; configured: readonly string[] },
): void {
  if ([...configured, GLOBALS_NAME].includes(database)) return;
  const stored = all.flatMap((backup) => ('cluster' in backup ? [] : [subjectOf(backup).name]));
  const known = [...new Set([...configured, ...stored])].sort();
  throw new OperationError(
    'InvalidArgument',
    `"${database}" is not among the databases of server ${server} in backups.yaml, and store ${store.name} has no backup of it; ${known.length > 0 ? `use one of: ${known.join(', ')}` : 'check its name'}.`,
  );
}

function describeBackup(backup: AnyListed) {
  const { id, time, manifestKey, artifacts } = backup;
  return {
    id,
    ...describeSubject(backup),
    time: time.toISOString(),
    bytes: artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0),
    manifestKey,
    artifactKeys: artifacts.map(({ key }) => key),
  };
}

function describeSubject(backup: AnyListed) {
  if ('cluster' in backup) return { kind: 'base', systemIdentifier: backup.cluster.systemIdentifier };
  const { subject } = backup;
  return { ...(subject.kind === 'database' ? { database: subject.database } : {}), kind: subject.kind };
}

function describeRow(backup: AnyListed): string[] {
  const { id, time, bytes } = describeBackup(backup);
  return [
    id,
    labelSubject(subjectOf(backup)),
    formatTime(new Date(time)),
    formatAge((Date.now() - backup.time.getTime()) / 1000),
    bytes === 0 ? 'artifact missing' : formatBytes(bytes),
  ];
}
