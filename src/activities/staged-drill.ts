import { join } from 'node:path';
import { readManifest } from '../catalogue/read-manifest.js';
import type { Scratch } from '../drills/scratch-step.js';
import type { DrillPlan, PlannedBackup } from '../model/drill.js';
import type { BackupSubject } from '../model/keys.js';
import type { Manifest } from '../model/manifest.js';
import { locateServerPrograms } from '../postgres/locate-client.js';
import { stepDirectory } from '../staging/step.js';
import { backupDirectory, type StagingVolume } from '../staging/volume.js';
import { programDirectories, requireStore, type Dependencies } from './dependencies.js';

/** What a drill is called on its staging volume. */
export function stagedDrill({ server, id }: DrillPlan): { server: string; backupId: string } {
  return { server, backupId: id };
}

/** Where everything of a drill lies on its staging volume. */
export function locateDrill(volume: StagingVolume, plan: DrillPlan) {
  const { server, backupId } = stagedDrill(plan);
  const directory = backupDirectory(volume, server, backupId);
  return { directory, scratch: join(directory, 'scratch') };
}

/**
 * What a drill's files of one backup begin with. A database called `globals` and the server's globals have the same ids.
 */
export function drilledName({ database, backupId }: PlannedBackup): string {
  return database === undefined ? `${backupId}.globals.` : `${backupId}.`;
}

/** Where what is fetched of one backup lies: in the drill's own directory, where leftovers are looked for. */
export function locateDrilled(volume: StagingVolume, plan: DrillPlan, backup: PlannedBackup) {
  const { directory } = locateDrill(volume, plan);
  const name = drilledName(backup);
  return {
    directory,
    artifact: join(directory, `${name}fetched`),
    unpacked: join(stepDirectory(directory, `${name}unpack`), 'data'),
  };
}

/** The scratch server that all steps of a drill share. */
export async function scratchOf(
  dependencies: Dependencies,
  plan: DrillPlan,
  signal: AbortSignal,
): Promise<Scratch> {
  const directories = programDirectories(dependencies);
  return {
    directory: locateDrill(dependencies.volume, plan).scratch,
    binDirectory: await locateServerPrograms(plan.major, directories, signal),
    programDirectories: directories,
    jobs: plan.jobs,
  };
}

/** The manifest of a backup that climbs: too large for a plan. */
export function readDrilledManifest(
  dependencies: Dependencies,
  { server, store }: DrillPlan,
  { database, backupId }: PlannedBackup,
  signal: AbortSignal,
): Promise<Manifest> {
  const subject: BackupSubject =
    database === undefined ? { kind: 'globals', server } : { kind: 'database', server, database };
  return readManifest(requireStore(dependencies, store), subject, backupId, signal);
}
