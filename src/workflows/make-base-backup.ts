import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { BasePlan } from '../model/base-plan.js';
import type { BackupProgress, BaseBackupResult, BaseBackupStep } from '../model/results.js';
import { awaitStep } from './activity-options.js';
import { onStaging } from './on-staging.js';

const { awaitWal } = proxyActivities<Activities>(awaitStep);

/**
 * Makes one base backup: reserve, base backup, upload, verify, wait for its WAL, commit; and leaves nothing behind.
 *
 * @param progress - kept up to date for the query
 */
export async function makeBaseBackup(plan: BasePlan, progress: BackupProgress): Promise<BaseBackupResult> {
  return onStaging<BaseBackupStep, BaseBackupResult>(plan, progress, async (work) => {
    const { time, program, secondsPerStep } = work;
    const taken = await time('baseBackup', plan.expectedBytes, () => program.baseBackup(plan));
    await work.send(taken.artifact);
    // Before the WAL is there it cannot be restored, whatever the store holds of it: so it does not exist.
    await time('awaitWal', 0, () => awaitWal(plan, taken.wal));
    const committed = await work.commit((steps) =>
      steps.commitBaseBackup(plan, taken.artifact, secondsPerStep),
    );
    const replicated = await work.replicate(taken.artifact);
    const { server, systemIdentifier } = plan.subject;
    const { timeline, startLsn, stopLsn } = taken.wal;
    return {
      server,
      systemIdentifier,
      backupId: plan.id,
      ...(taken.incrementalTo === undefined ? {} : { incrementalTo: taken.incrementalTo }),
      ...committed,
      store: plan.primaryStore,
      bytes: taken.artifact.bytes,
      dataBytes: taken.dataBytes,
      ...{ timeline, startLsn, stopLsn, stopTime: taken.stopTime },
      ...replicated,
      secondsPerStep,
    };
  });
}
