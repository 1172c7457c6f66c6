import { mkdir } from 'node:fs/promises';
import type { RollForwardPlan } from '../model/recovery.js';
import { downloadArtifact } from '../restores/download-artifact.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery, readChain } from './staged-recovery.js';

/** Longer than the store's own time-outs: a connection that is merely slow moves a part in less. */
const STALL_SECONDS = 300;

/** Fetches a base backup, with those that it holds only the changes since, into staging, going on where an earlier attempt stopped. */
export async function downloadBase(dependencies: Dependencies, plan: RollForwardPlan): Promise<void> {
  const { volume, logger } = dependencies;
  const staged = locateStagedRecovery(volume, plan);
  const options = { bytesExpected: plan.baseBackup.bytes, stallSeconds: STALL_SECONDS };
  await runStep(logger, options, async (step) => {
    await mkdir(staged.directory, { recursive: true, mode: 0o700 });
    let before = 0;
    for (const { id, artifact } of await readChain(dependencies, plan, step.signal)) {
      const onProgress = (bytes: number) => step.onProgress(before + bytes);
      await downloadArtifact(requireStore(dependencies, plan.store), artifact, staged.artifact(id), {
        signal: step.signal,
        onProgress,
      });
      before += artifact.bytes;
    }
  });
}
