import { mkdir } from 'node:fs/promises';
import type { RollForwardPlan } from '../model/recovery.js';
import { downloadFromStores } from '../restores/download-from-stores.js';
import { plannedStores, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery, readChain } from './staged-recovery.js';

/** Longer than the store's own time-outs: a connection that is merely slow moves a part in less. */
const STALL_SECONDS = 300;

/**
 * Fetches a base backup, with those that it holds only the changes since, into staging, going on where an earlier attempt stopped.
 * Answers with why stores were passed over.
 */
export async function downloadBase(dependencies: Dependencies, plan: RollForwardPlan): Promise<string[]> {
  const { volume, logger } = dependencies;
  const staged = locateStagedRecovery(volume, plan);
  const options = { bytesExpected: plan.baseBackup.bytes, stallSeconds: STALL_SECONDS };
  return runStep(logger, options, async (step) => {
    await mkdir(staged.directory, { recursive: true, mode: 0o700 });
    let before = 0;
    const notes: string[] = [];
    for (const { id, artifact } of await readChain(dependencies, plan, step.signal)) {
      const onProgress = (bytes: number) => step.onProgress(before + bytes);
      const stores = plannedStores(dependencies, plan);
      const transfer = { signal: step.signal, onProgress };
      notes.push(...(await downloadFromStores(stores, artifact, staged.artifact(id), transfer)));
      before += artifact.bytes;
    }
    for (const reason of notes) logger.warn({ server: plan.server, reason }, 'a store was passed over');
    return notes;
  });
}
