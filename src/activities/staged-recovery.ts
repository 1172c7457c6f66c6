import { join } from 'node:path';
import { chainOf, listBaseBackups } from '../catalogue/base-backups.js';
import { readFromStores } from '../catalogue/read-from-stores.js';
import type { BaseManifest } from '../model/base-manifest.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { RollForwardPlan } from '../model/recovery.js';
import { locateServerPrograms } from '../postgres/locate-client.js';
import type { RecoveredCluster } from '../recovery/recovered-cluster.js';
import { stepDirectory } from '../staging/step.js';
import { backupDirectory, type StagingVolume } from '../staging/volume.js';
import { plannedStores, programDirectories, type Dependencies } from './dependencies.js';
import { stagedRestore } from './staged-restore.js';

/** What a recovery is called on its staging volume: as the restore that may follow it, which has the same files. */
export function stagedRecovery({ server, id, beginning }: RollForwardPlan) {
  return stagedRestore({ backup: { server, id }, ...(beginning === undefined ? {} : { beginning }) });
}

/** Where everything of one recovery lies on its staging volume. */
export function locateStagedRecovery(volume: StagingVolume, plan: RollForwardPlan) {
  const { server, backupId } = stagedRecovery(plan);
  const directory = backupDirectory(volume, server, backupId);
  return {
    directory,
    /** The recovered server: the step that unpacked it is where it is replayed. */
    cluster: stepDirectory(directory, 'unpackBase'),
    artifact: (baseBackup: string) => join(directory, `${baseBackup}.artifact`),
  };
}

/**
 * The base backup of a plan with those that it holds only the changes since, the whole one first.
 *
 * @throws OperationError `BackupNotFound` when one was deleted since
 */
export async function readChain(
  dependencies: Dependencies,
  plan: RollForwardPlan,
  signal: AbortSignal,
): Promise<readonly BaseManifest[]> {
  const { server, systemIdentifier, baseBackup } = plan;
  const { result } = await readFromStores(plannedStores(dependencies, plan), signal, async (store) => {
    const listed = await listBaseBackups(store, server, signal);
    const base = listed.find(
      (backup) => backup.id === baseBackup.id && backup.systemIdentifier === systemIdentifier,
    );
    const chain = base && chainOf(listed, base);
    if (chain) return chain;
    throw new OperationError(
      'BackupNotFound',
      `Base backup ${baseBackup.id} of server ${server} is no longer in store "${store.name}"; ${remedyFor('BackupNotFound')}.`,
    );
  });
  return result;
}

/** The server that is recovered. */
export async function recoveredCluster(
  dependencies: Dependencies,
  plan: RollForwardPlan,
  { superuser }: BaseManifest,
  signal: AbortSignal,
): Promise<RecoveredCluster> {
  return {
    directory: locateStagedRecovery(dependencies.volume, plan).cluster,
    superuser,
    binDirectory: await locateServerPrograms(plan.major, programDirectories(dependencies), signal),
  };
}
