import { chooseBackup } from '../../catalogue/choose-backup.js';
import { startingWith } from '../../catalogue/read-from-stores.js';
import { listBackups } from '../../catalogue/list-backups.js';
import { resolveServer } from '../../config/resolve.js';
import { OperationError, type FailureType } from '../../model/failures.js';
import { countDumpBytes } from '../../model/inventory.js';
import { replacedName, restoredName } from '../../model/restore-names.js';
import { administer } from '../../postgres/administer.js';
import { isEmptyDatabase } from '../../postgres/empty-database.js';
import { refuseUnfinished } from '../../postgres/refuse-unswappable.js';
import type { Restoration } from '../../restores/restore-backup.js';
import type { Source } from './open-source.js';
import { findLeftovers, inspectTarget, refuseMissingExtensions, requireDatabase } from './inspect-target.js';
import type { Rescue } from './with-rescue.js';

/** They are there from the start; what is in them is of no database. */
const TEMPLATES = ['template0', 'template1'];
/** What is wrong with one backup, and says nothing of the others. */
const DAMAGE: readonly FailureType[] = ['ArtifactDamaged', 'ManifestUnreadable'];
/** From where the maintenance database itself is made anew. */
const OTHER_MAINTENANCE_DATABASE = 'template1';

/** What is to be restored into a server, the largest first, and what is left as it is. */
export interface ServerPlan {
  restorations: Restoration[];
  /** Databases that are there already and hold something. */
  present: string[];
  /** Databases whose newest backup is damaged in every store: they keep no other one from being restored. */
  damaged: { database: string; error: OperationError }[];
  /** That the target lacks, of those that the databases need. */
  missingRoles: string[];
}

/**
 * Plans to fill a server from the newest backup of each database, and refuses it while nothing has been made yet.
 *
 * @param names - of the databases; default: those of the configuration, else all that the store has backups of
 * @throws OperationError as {@link inspectTarget}; `BackupNotFound`
 */
export async function planServer(rescue: Rescue, names: readonly string[]): Promise<ServerPlan> {
  const { source, target, signal } = rescue;
  const wanted = names.length > 0 ? names : await findDatabases(source, signal);
  const plan: ServerPlan = { restorations: [], present: [], damaged: [], missingRoles: [] };
  const missingRoles = new Set<string>();
  for (const database of wanted.filter((name) => !TEMPLATES.includes(name))) {
    const subject = { kind: 'database', server: source.server, database } as const;
    const chosen = await chooseBackup(source.stores, subject, 'latest', undefined, signal).catch(
      (error: unknown) => {
        if (error instanceof OperationError && DAMAGE.includes(error.type)) return error;
        throw error;
      },
    );
    if (chosen instanceof OperationError) {
      plan.damaged.push({ database, error: chosen });
      continue;
    }
    const { store, manifest: found } = chosen;
    const manifest = requireDatabase(found);
    const restoreId = `rescue of server ${source.server}, database ${database}`;
    const facts = await inspectTarget(rescue, manifest, [database]);
    refuseMissingExtensions(rescue, manifest, facts.missingExtensions);
    facts.missingRoles.forEach((role) => missingRoles.add(role));
    const isThere =
      facts.existing.has(database) && !(await findLeftovers(rescue, restoreId)).includes(database);
    // Another restore's half is neither what was backed up nor empty.
    if (isThere) await administer(target, signal, (client) => refuseUnfinished(client, target, [database]));
    if (isThere && !(await isEmptyDatabase(target, database, signal))) {
      plan.present.push(database);
      continue;
    }
    const now = new Date();
    plan.restorations.push({
      stores: startingWith(store, source.stores),
      manifest,
      target: {
        server: target.server,
        maintenanceDatabase:
          database === target.maintenanceDatabase ? OTHER_MAINTENANCE_DATABASE : target.maintenanceDatabase,
        database: isThere ? restoredName(database, now) : database,
        restoreId,
      },
      // One that is there and empty, as postgres is on every new server, stays until there is another in its place.
      ...(isThere ? { replaces: { database, becomes: replacedName(database, now) } } : {}),
    });
  }
  plan.restorations.sort(
    (a, b) => countDumpBytes(b.manifest.inventory) - countDumpBytes(a.manifest.inventory),
  );
  plan.missingRoles = [...missingRoles];
  return plan;
}

async function findDatabases(
  { configuration, server, stores }: Source,
  signal: AbortSignal,
): Promise<string[]> {
  const configured = configuration && resolveServer(configuration, server).databases;
  if (configured) return configured.map(({ name }) => name);
  const { backups } = await listBackups(stores[0], server, signal);
  const names = new Set(
    backups.flatMap(({ subject }) => (subject.kind === 'database' ? [subject.database] : [])),
  );
  return [...names];
}

/**
 * Refuses to fill a server that holds something already.
 *
 * @throws OperationError `TargetExists` naming each database
 */
export function refusePresent({ target: { server } }: Pick<Rescue, 'target'>, { present }: ServerPlan): void {
  if (present.length === 0) return;
  throw new OperationError(
    'TargetExists',
    `Server ${server.name} has databases that are not empty: ${present.join(', ')}; leave them as they are with --skip-existing (as after an interrupted rescue), or drop them. Nothing was touched.`,
  );
}
