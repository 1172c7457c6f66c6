import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compressFile } from '../archive/compress-file.js';
import { digestFile } from '../archive/digest-file.js';
import { packDirectory } from '../archive/tar.js';
import type { BackupPlan } from '../model/plan.js';
import { GLOBALS_FILE } from '../postgres/dump-globals.js';
import { watchReads } from '../programs/watch-reads.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStaged, requireStaged, type StagedFile } from './staged-backup.js';

const STALL_SECONDS = 300;

/** What `compress` answers: with the digest where the file is the artifact already, without one where it is encrypted next. */
export type CompressedFile = StagedFile | { bytes: number };

/**
 * Compresses the dump into one file and removes the dump: an archive that turns out to be damaged, in `readBack`, is made
 * anew from the database, and so staging never holds more than dump and archive.
 */
export async function compress(
  dependencies: Dependencies,
  plan: BackupPlan,
  dumpBytes: number,
): Promise<CompressedFile> {
  const { volume, logger } = dependencies;
  const directories = programDirectories(dependencies);
  const staged = locateStaged(volume, plan);
  return runStep(logger, { bytesExpected: dumpBytes, stallSeconds: STALL_SECONDS }, async (step) => {
    const result = await completeStep<CompressedFile>(
      staged.directory,
      'compress',
      async ({ directory, ledger }) => {
        await requireStaged(staged.dumpData);
        const artifact = join(directory, 'artifact');
        let stopWatching = () => undefined as void;
        const onStart = (pid: number) => {
          stopWatching();
          stopWatching = watchReads(pid, step.onProgress);
        };
        const context = { ...step, ledger, nice: plan.dump.nice, onStart };
        try {
          if (plan.subject.kind === 'globals') {
            await compressFile(
              join(staged.dumpData, GLOBALS_FILE),
              artifact,
              plan.compression,
              directories,
              context,
            );
          } else {
            await packDirectory(staged.dumpData, artifact, plan.compression, directories, context);
          }
        } finally {
          stopWatching();
        }
        return plan.encryption.method === 'none'
          ? digestFile(artifact, step.signal, step.onProgress)
          : { bytes: (await stat(artifact)).size };
      },
    );
    await rm(staged.dumpData, { recursive: true, force: true });
    return result;
  });
}
