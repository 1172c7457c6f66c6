import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { resolvePrivateKeys } from '../config/private-keys.js';
import type { RestorePlan } from '../model/restore.js';
import { unpackArtifact } from '../restores/unpack-artifact.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { restoredManifest } from './restore-target.js';
import { runStep } from './run-step.js';
import { requireStaged } from './staged-backup.js';
import { locateRestore } from './staged-restore.js';

/** Decrypts, decompresses and extracts the artifact in one stream, and removes it. */
export async function unpack(dependencies: Dependencies, plan: RestorePlan): Promise<void> {
  const { volume, logger } = dependencies;
  const staged = locateRestore(volume, plan);
  await runStep(logger, { bytesExpected: plan.backup.bytes }, async (step) => {
    await completeStep(staged.directory, 'unpack', async ({ directory, ledger }) => {
      await requireStaged(staged.artifact);
      const manifest = await restoredManifest(dependencies, plan, step.signal);
      const privateKeys = await resolvePrivateKeys(dependencies.configuration);
      await unpackArtifact(
        manifest,
        staged.artifact,
        join(directory, 'data'),
        {
          ...(privateKeys ? { privateKeys } : {}),
          workDirectory: directory,
          programDirectories: programDirectories(dependencies),
        },
        { ...step, ledger },
      );
      return {};
    });
    await rm(staged.artifact, { force: true });
  });
}
