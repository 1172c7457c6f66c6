import { mkdir } from 'node:fs/promises';
import type { RestorePlan } from '../model/restore.js';
import { downloadArtifact } from '../restores/download-artifact.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { restoredManifest } from './restore-target.js';
import { runStep } from './run-step.js';
import { locateRestore } from './staged-restore.js';

/** Longer than the store's own time-outs: a connection that is merely slow moves a part in less. */
const STALL_SECONDS = 300;

/** Fetches the artifact into staging, going on where an earlier attempt stopped, and proves that it is the one. */
export async function download(dependencies: Dependencies, plan: RestorePlan): Promise<void> {
  const { volume, logger } = dependencies;
  await runStep(logger, { bytesExpected: plan.backup.bytes, stallSeconds: STALL_SECONDS }, async (step) => {
    const { artifact } = await restoredManifest(dependencies, plan, step.signal);
    const staged = locateRestore(volume, plan);
    await mkdir(staged.directory, { recursive: true, mode: 0o700 });
    await downloadArtifact(requireStore(dependencies, plan.store), artifact, staged.artifact, step);
  });
}
