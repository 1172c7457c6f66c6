import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import type { RestorePlan } from '../model/restore.js';
import { stepDirectory } from '../staging/step.js';
import { backupDirectory, type StagingVolume } from '../staging/volume.js';

/** What of a plan says where its files lie. */
export type StagedRestore = Pick<RestorePlan, 'beginning' | 'ofServer'> & {
  backup: Pick<RestorePlan['backup'], 'id' | 'server'>;
};

/**
 * What a restore is called on its staging volume: several of one backup may run at once, into different servers. One that
 * is begun anew is another: the first host may be back by then, with steps that are done and were undone.
 */
export function stagedRestore({ backup, beginning = 1 }: StagedRestore): {
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
export function locateRestore(volume: StagingVolume, plan: StagedRestore) {
  const { server, backupId } = stagedRestore(plan);
  const directory = backupDirectory(volume, server, backupId);
  /** The name of a step: the databases of a whole server have one each. */
  const step = (name: string) => (plan.ofServer === undefined ? name : `${plan.ofServer}.${name}`);
  const unpack = stepDirectory(directory, step('unpack'));
  return {
    directory,
    step,
    artifact: join(directory, 'artifact'),
    unpacked: join(unpack, 'data'),
    /** Of a database that was taken out of a recovered server. */
    manifest: join(unpack, 'manifest.json'),
  };
}
