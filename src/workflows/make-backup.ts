import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { BackupPlan } from '../model/plan.js';
import type { BackupProgress, BackupResult, BackupStep } from '../model/results.js';
import { reserveStep, stagingSteps } from './activity-options.js';
import { isStagingHostGone } from './failures.js';

const { reserveStaging } = proxyActivities<Activities>(reserveStep);

/** How many staging hosts are tried: the first, and another two when one goes away for good. */
const MAXIMUM_HOSTS = 3;

/**
 * Makes one backup on a staging host, and begins it again on another when that host goes away.
 *
 * @param progress - kept up to date for the query
 */
export async function makeBackup(plan: BackupPlan, progress: BackupProgress): Promise<BackupResult> {
  for (let host = 1; ; host += 1) {
    try {
      return await makeBackupOnOneHost(plan, progress);
    } catch (error) {
      if (!isStagingHostGone(error) || host === MAXIMUM_HOSTS) throw error;
    }
  }
}

/** The runbook: reserve, dump, compress, encrypt, upload, verify, commit; and leave nothing behind. */
async function makeBackupOnOneHost(plan: BackupPlan, progress: BackupProgress): Promise<BackupResult> {
  const secondsPerStep: Partial<Record<BackupStep, number>> = {};
  async function time<T>(step: BackupStep, bytesExpected: number, work: () => Promise<T>): Promise<T> {
    Object.assign(progress, { step, bytesExpected });
    const begun = Date.now();
    const result = await work();
    secondsPerStep[step] = (Date.now() - begun) / 1000;
    progress.bytesPerStep[step] = bytesExpected;
    return result;
  }

  const { queue } = await time('reserve', 0, () => reserveStaging(plan));
  const options = stagingSteps(queue, plan.heartbeatSeconds);
  const program = proxyActivities<Activities>(options.program);
  const transfer = proxyActivities<Activities>(options.transfer);
  const short = proxyActivities<Activities>(options.short);

  // Once the manifest may have been written, the artifact is no longer this run's to remove.
  let mayExist = false;
  let isGone = false;
  try {
    const dump = await time('dump', plan.expectedBytes, () => program.dump(plan));
    let artifact = await time('compress', dump.bytes, () => program.compress(plan, dump.bytes));
    if (plan.encryption.method !== 'none') {
      const { bytes } = artifact;
      artifact = await time('encrypt', bytes, () => program.encrypt(plan, bytes));
    }
    const receipt = await time('upload', artifact.bytes, () => transfer.upload(plan, artifact));
    await time('verify', artifact.bytes, () => short.verify(plan, receipt));
    mayExist = true;
    const committed = await time('commit', 0, () => short.commit(plan, artifact, secondsPerStep));
    return {
      server: plan.subject.server,
      ...(plan.subject.kind === 'database' ? { database: plan.subject.database } : {}),
      backupId: plan.id,
      ...committed,
      store: plan.primaryStore,
      bytes: artifact.bytes,
      dumpBytes: dump.bytes,
      tables: dump.tables,
      rows: dump.rows,
      secondsPerStep,
    };
  } catch (error) {
    isGone = isStagingHostGone(error);
    throw error;
  } finally {
    // A host that is gone cleans its volume when it comes back and the next reservation is made there.
    if (!isGone)
      await CancellationScope.nonCancellable(() =>
        short.releaseStaging(plan, mayExist ? 'committed' : 'abandoned'),
      );
  }
}
