import { rm } from 'node:fs/promises';
import { locateRecovery } from '../recovery/recovered-cluster.js';
import { unpackBase as unpackParts } from '../recovery/unpack-base.js';
import { resolvePrivateKeys } from '../config/private-keys.js';
import type { RollForwardPlan } from '../model/recovery.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { requireStaged } from './staged-backup.js';
import { locateStagedRecovery, readChain } from './staged-recovery.js';

/** Comparing the files with their manifest, and combining those of a chain, moves no byte of the artifact. */
const STALL_SECONDS = 2 * 3600;

/** Makes a data directory of the base backup, proves that it is the one that was backed up, and removes the artifacts. */
export async function unpackBase(
  dependencies: Dependencies,
  plan: RollForwardPlan,
): Promise<{ notes: string[] }> {
  const { volume, logger, configuration } = dependencies;
  const staged = locateStagedRecovery(volume, plan);
  const limits = { bytesExpected: plan.baseBackup.bytes, stallSeconds: STALL_SECONDS };
  return runStep(logger, limits, async (step) => {
    const chain = await readChain(dependencies, plan, step.signal);
    const parts = chain.map((manifest) => ({ manifest, file: staged.artifact(manifest.id) }));
    const unpacked = await completeStep(staged.directory, 'unpackBase', async ({ directory, ledger }) => {
      for (const { file } of parts) await requireStaged(file);
      const privateKeys = await resolvePrivateKeys(configuration);
      const options = {
        ...(privateKeys ? { privateKeys } : {}),
        workDirectory: directory,
        programDirectories: programDirectories(dependencies),
      };
      const { dataDirectory } = locateRecovery(directory);
      return { notes: await unpackParts(parts, dataDirectory, options, { ...step, ledger }) };
    });
    for (const { file } of parts) await rm(file, { force: true });
    return unpacked;
  });
}
