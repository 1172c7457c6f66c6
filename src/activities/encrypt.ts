import { join } from 'node:path';
import { digestFile } from '../archive/digest-file.js';
import { encryptFile } from '../archive/gpg.js';
import { OperationError } from '../model/failures.js';
import type { BackupPlan } from '../model/plan.js';
import { watchReads } from '../programs/watch-reads.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStaged, requireStaged, type StagedFile } from './staged-backup.js';

/** Encrypts the compressed dump to the plan's recipients. */
export async function encrypt(
  dependencies: Dependencies,
  plan: BackupPlan,
  compressedBytes: number,
): Promise<StagedFile> {
  const { configuration, volume, logger } = dependencies;
  const staged = locateStaged(volume, plan);
  return runStep(logger, { bytesExpected: compressedBytes }, async (step) => {
    return completeStep(staged.directory, 'encrypt', async ({ directory, ledger }) => {
      const { encryption } = configuration;
      if (plan.encryption.method !== 'gpg' || encryption.method !== 'gpg')
        throw new OperationError(
          'InvalidConfiguration',
          'The backup was planned with GPG and backups.yaml says none now; start the backup again.',
        );
      await requireStaged(staged.compressed);
      const artifact = join(directory, 'artifact');
      let stopWatching = () => undefined as void;
      const onStart = (pid: number) => {
        stopWatching = watchReads(pid, step.onProgress);
      };
      try {
        await encryptFile(
          staged.compressed,
          artifact,
          { recipients: plan.encryption.recipients, publicKeysFile: encryption.publicKeysFile },
          programDirectories(dependencies),
          { ...step, ledger, onStart },
        );
      } finally {
        stopWatching();
      }
      return digestFile(artifact, step.signal, step.onProgress);
    });
  });
}
