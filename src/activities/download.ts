import { mkdir } from 'node:fs/promises';
import type { RestorePlan } from '../model/restore.js';
import { downloadFromStores } from '../restores/download-from-stores.js';
import { plannedStores, type Dependencies } from './dependencies.js';
import { restoredManifest } from './restore-target.js';
import { runStep } from './run-step.js';
import { locateRestore } from './staged-restore.js';

/** Longer than the store's own time-outs: a connection that is merely slow moves a part in less. */
const STALL_SECONDS = 300;

/**
 * Fetches the artifact into staging, going on where an earlier attempt stopped, and proves that it is the one. Answers with
 * why stores were passed over.
 */
export async function download(dependencies: Dependencies, plan: RestorePlan): Promise<string[]> {
  const { volume, logger } = dependencies;
  return runStep(logger, { bytesExpected: plan.backup.bytes, stallSeconds: STALL_SECONDS }, async (step) => {
    const { artifact } = await restoredManifest(dependencies, plan, step.signal);
    const staged = locateRestore(volume, plan);
    await mkdir(staged.directory, { recursive: true, mode: 0o700 });
    const stores = plannedStores(dependencies, plan);
    const passedOver = await downloadFromStores(stores, artifact, staged.artifact, step);
    for (const reason of passedOver)
      logger.warn({ backup: plan.backup.id, reason }, 'a store was passed over');
    return passedOver;
  });
}
