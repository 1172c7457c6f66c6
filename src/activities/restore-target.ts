import { Context } from '@temporalio/activity';
import { chooseBackup } from '../catalogue/choose-backup.js';
import { resolveAdministered } from '../config/connections.js';
import { resolveServer } from '../config/resolve.js';
import { OperationError } from '../model/failures.js';
import type { DatabaseManifest, Manifest } from '../model/manifest.js';
import type { RestorePlan } from '../model/restore.js';
import type { RestoreTarget } from '../postgres/restore-target.js';
import { restoreOfServer } from '../recovery/complete-server.js';
import { readJson } from '../staging/json-file.js';
import { plannedStores, type Dependencies } from './dependencies.js';
import { requireStaged } from './staged-backup.js';
import { locateRestore } from './staged-restore.js';

/** The database that the running restore makes; of a whole server each is a restore of its own. */
export async function restoreTarget(
  { configuration, environment }: Dependencies,
  { into, ofServer }: Pick<RestorePlan, 'into' | 'ofServer'>,
): Promise<RestoreTarget> {
  const server = resolveServer(configuration, into.server);
  const { runId } = Context.current().info.workflowExecution!;
  return {
    ...(await resolveAdministered(server, environment.passFile)),
    database: into.database,
    restoreId: ofServer === undefined ? runId : restoreOfServer(runId, ofServer),
  };
}

/** The manifest of the backup that is restored, or of what was taken out of a recovered server: too large for a plan. */
export async function restoredManifest(
  dependencies: Dependencies,
  plan: RestorePlan,
  signal: AbortSignal,
): Promise<DatabaseManifest> {
  const { backup, recovered } = plan;
  if (recovered) {
    const { manifest } = locateRestore(dependencies.volume, plan);
    await requireStaged(manifest);
    return (await readJson<DatabaseManifest>(manifest))!;
  }
  const subject = { kind: 'database', server: backup.server, database: backup.database } as const;
  const { manifest } = await chooseBackup(
    plannedStores(dependencies, plan),
    subject,
    backup.id,
    undefined,
    signal,
  );
  return requireDatabaseManifest(manifest);
}

/**
 * A manifest under a database's key that must be of a database.
 *
 * @throws OperationError `ManifestUnreadable`
 */
export function requireDatabaseManifest(manifest: Manifest): DatabaseManifest {
  if (manifest.kind === 'database') return manifest;
  throw new OperationError(
    'ManifestUnreadable',
    `The manifest of ${manifest.id} is of the globals; restore it from a copy of the store, or make a new backup.`,
  );
}
