import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { BackupPlan } from '../model/plan.js';
import type { BackupProgress, BackupResult, BackupStep } from '../model/results.js';
import { lightStep } from './activity-options.js';
import { onStaging } from './on-staging.js';
import { runBeside } from './run-beside.js';

const { planBackup } = proxyActivities<Activities>(lightStep);

/** How a database, or the globals, are backed up. */
export const logicalBackup = { plan: planBackup, make: makeBackup };

/**
 * Makes one backup: reserve, dump, compress, encrypt and read back, upload, verify, commit, replicate; and leaves nothing behind.
 *
 * @param progress - kept up to date for the query
 */
async function makeBackup(plan: BackupPlan, progress: BackupProgress): Promise<BackupResult> {
  return onStaging<BackupStep, BackupResult>(plan, progress, async (work) => {
    const { time, program, secondsPerStep } = work;
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
    await work.send(artifact);
    const committed = await work.commit((steps) => steps.commit(plan, artifact, secondsPerStep));
    const replicated = await work.replicate(artifact);
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
      ...replicated,
      secondsPerStep,
    };
  });
}
