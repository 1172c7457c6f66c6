import { join } from 'node:path';
import type { Scratch } from '../drills/scratch-step.js';
import type { DrillPlan, PlannedBackup } from '../model/drill.js';
import { locateServerPrograms } from '../postgres/locate-client.js';
import { stepDirectory } from '../staging/step.js';
import { backupDirectory, type StagingVolume } from '../staging/volume.js';
import { programDirectories, type Dependencies } from './dependencies.js';

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

/** Where what is fetched of one backup lies. A database called `globals` and the server's globals have the same ids. */
export function locateDrilled(volume: StagingVolume, plan: DrillPlan, backup: PlannedBackup) {
  const { directory } = locateDrill(volume, plan);
  const name = backup.database === undefined ? `${backup.backupId}.globals` : backup.backupId;
  const drilled = join(directory, name);
  return {
    directory: drilled,
    artifact: join(drilled, 'fetched'),
    unpacked: join(stepDirectory(drilled, 'unpack'), 'data'),
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
