import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import type { RestorePlan } from '../model/restore.js';
import { stepDirectory } from '../staging/step.js';
import { backupDirectory, type StagingVolume } from '../staging/volume.js';

/**
 * What a restore is called on its staging volume: several of one backup may run at once, into different servers. One that
 * is begun anew is another: the first host may be back by then, with steps that are done and were undone.
 */
export function stagedRestore({
  backup,
  beginning = 1,
}: Pick<RestorePlan, 'beginning'> & { backup: Pick<RestorePlan['backup'], 'id' | 'server'> }): {
  server: string;
  backupId: string;
} {
  const { runId } = Context.current().info.workflowExecution!;
  return {
    server: backup.server,
    backupId: `${backup.id}.restore-${runId.slice(0, 8)}${beginning === 1 ? '' : `-${beginning}`}`,
  };
}

/** Where everything of one restore lies on its staging volume. */
export function locateRestore(volume: StagingVolume, plan: RestorePlan) {
  const { server, backupId } = stagedRestore(plan);
  const directory = backupDirectory(volume, server, backupId);
  return {
    directory,
    artifact: join(directory, 'artifact'),
    unpacked: join(stepDirectory(directory, 'unpack'), 'data'),
    /** Of a database that was taken out of a recovered server. */
    manifest: join(stepDirectory(directory, 'unpack'), 'manifest.json'),
  };
}
