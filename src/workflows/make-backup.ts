import { CancellationScope, log, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { FailureType } from '../model/failures.js';
import type { BackupPlan } from '../model/plan.js';
import type { BackupProgress, BackupResult, BackupStep } from '../model/results.js';
import { reserveStep, stagingSteps, storeStep } from './activity-options.js';
import { isNeverBegun, rootFailure } from './failures.js';
import { runBeside } from './run-beside.js';

const { reserveStaging } = proxyActivities<Activities>(reserveStep);
const { discardUpload } = proxyActivities<Activities>(storeStep);

/**
 * Makes one backup: reserve, dump, compress, encrypt and read back, upload, verify, commit; and leaves nothing behind.
 *
 * @param progress - kept up to date for the query
 */
export async function makeBackup(plan: BackupPlan, progress: BackupProgress): Promise<BackupResult> {
  const secondsPerStep: Partial<Record<BackupStep, number>> = {};
  async function time<T>(step: BackupStep, bytesExpected: number, work: () => Promise<T>): Promise<T> {
    Object.assign(progress, { step, bytesExpected });
    const begun = Date.now();
    const result = await work();
    secondsPerStep[step] = (Date.now() - begun) / 1000;
    return result;
  }

  const { queue } = await time('reserve', 0, () => reserveStaging(plan));
  const options = stagingSteps(queue, plan.heartbeatSeconds);
  const program = proxyActivities<Activities>(options.program);
  const transfer = proxyActivities<Activities>(options.transfer);
  const short = proxyActivities<Activities>(options.short);

  let isUploading = false;
  // Once the manifest may have been written, the artifact is no longer this run's to remove.
  let mayExist = false;
  let isGone = false;
  try {
    const dump = await time('dump', plan.expectedBytes, () => program.dump(plan));
    const compressed = await time('compress', dump.bytes, () => program.compress(plan, dump.bytes));
    const readBack = async () => {
      // The globals' file is compared as it is compressed.
      if (plan.subject.kind === 'database') await program.readBack(plan, compressed.bytes);
    };
    const isEncrypted = plan.encryption.method === 'gpg';
    const artifact = await time(isEncrypted ? 'encrypt' : 'readBack', compressed.bytes, () =>
      runBeside(readBack, async () =>
        !isEncrypted && 'sha256' in compressed ? compressed : program.encrypt(plan, compressed.bytes),
      ),
    );
    isUploading = true;
    const receipt = await time('upload', artifact.bytes, () => transfer.upload(plan, artifact));
    await time('verify', artifact.bytes, () => transfer.verify(plan, receipt));
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
    isGone = isNeverBegun(error);
    // A commit that finds the stored artifact damaged, or none, has written no manifest.
    if (rootFailure(error).type === ('ArtifactDamaged' satisfies FailureType)) mayExist = false;
    throw error;
  } finally {
    await CancellationScope.nonCancellable(async () => {
      // A host that is gone cleans its volume when it comes back and the next reservation is made there.
      if (!isGone) await tidy('staging', () => short.releaseStaging(plan));
      if (isUploading && !mayExist) await tidy('the store', () => discardUpload(plan));
    });
  }
}

/** Cleans up. What cannot be cleaned now is swept later, by the next reservation or prune: no reason to fail a backup. */
async function tidy(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn(`${what} could not be tidied and is swept later`, rootFailure(error));
  }
}
