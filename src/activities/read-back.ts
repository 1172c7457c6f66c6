import { checkArchive, type ArchivedFile } from '../archive/tar.js';
import type { BackupPlan } from '../model/plan.js';
import { watchReads } from '../programs/watch-reads.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStaged, readStaged, requireStaged } from './staged-backup.js';

/** Reads a database's archive back, to prove that it holds every file that was dumped. */
export async function readBack(
  dependencies: Dependencies,
  plan: BackupPlan,
  compressedBytes: number,
): Promise<void> {
  const { volume, logger } = dependencies;
  const staged = locateStaged(volume, plan);
  await runStep(logger, { bytesExpected: compressedBytes }, (step) =>
    completeStep(staged.directory, 'read-back', async ({ ledger }) => {
      await requireStaged(staged.compressed);
      const files = await readStaged<ArchivedFile[]>(staged.files);
      let stopWatching = () => undefined as void;
      const onStart = (pid: number) => {
        stopWatching = watchReads(pid, step.onProgress);
      };
      const context = { ...step, ledger, nice: plan.dump.nice, onStart };
      try {
        await checkArchive(
          staged.compressed,
          files,
          plan.compression,
          programDirectories(dependencies),
          context,
        );
      } finally {
        stopWatching();
      }
      return { files: files.length };
    }),
  );
}
