import { mkdir } from 'node:fs/promises';
import { typeOfMessage } from '../model/failures.js';
import type { Artifact } from '../model/manifest.js';
import { locateProgram } from '../programs/locate-program.js';
import { runPipeline, type PipelineProgram } from '../programs/run-pipeline.js';
import type { ProgramContext } from '../programs/run-program.js';
import { watchReads } from '../programs/watch-reads.js';
import { damagedArtifact } from './damaged.js';
import { withDecryption, type DecryptOptions } from './decrypt.js';
import { compressorCommand } from './tar.js';

/** Where the parts of an artifact go: the files of an archive into a directory, which is made, or one file. */
export type UnpackTarget = { directory: string } | { file: string };

/**
 * Decrypts, decompresses and extracts an artifact in one stream, without files in between.
 *
 * @param file - the downloaded artifact
 * @param context - `onProgress` gets the bytes of the artifact that were read
 * @throws OperationError `KeyUnusable` when no private key opens it, or the passphrase is wrong or missing;
 * `ArtifactDamaged` when it is not what was once made; `StagingFull`
 */
export async function unpack(
  artifact: Artifact,
  file: string,
  target: UnpackTarget,
  options: DecryptOptions,
  context: ProgramContext & { onProgress: (bytes: number) => void },
): Promise<void> {
  const { programDirectories } = options;
  const [decompressor] = await compressorCommand({ method: artifact.codec, level: 1 }, programDirectories);
  const decompress: PipelineProgram = {
    file: decompressor!,
    args: ['--decompress', '--stdout'],
    findFault: (said, hasFailed) =>
      hasFailed && said !== '' ? damagedArtifact(artifact, 'cannot be decompressed', said) : undefined,
  };
  const rest = 'directory' in target ? [await extractTo(target.directory, artifact, programDirectories)] : [];
  const run = (programs: PipelineProgram[]) => runWatched(programs, target, artifact, context);
  if (artifact.encryption.method === 'none')
    await run([{ ...decompress, args: [...decompress.args, '--', file] }, ...rest]);
  else
    await withDecryption(artifact, file, options, context, (decrypt) => run([decrypt, decompress, ...rest]));
}

async function extractTo(
  directory: string,
  artifact: Artifact,
  programDirectories: readonly string[],
): Promise<PipelineProgram> {
  await mkdir(directory, { recursive: true });
  return {
    file: await locateProgram('tar', programDirectories),
    args: [
      '--extract',
      // Of whoever unpacks it, also where that is root.
      '--no-same-owner',
      '--no-same-permissions',
      // It writes as much at once as it has read: 1 MiB instead of 10 KiB saves half of its time.
      '--blocking-factor=2048',
      '--file=-',
      `--directory=${directory}`,
    ],
    findFault: (said, hasFailed) =>
      hasFailed && typeOfMessage(said) === undefined
        ? damagedArtifact(artifact, 'holds an archive that cannot be read to its end', said)
        : undefined,
  };
}

async function runWatched(
  programs: PipelineProgram[],
  target: UnpackTarget,
  artifact: Artifact,
  context: ProgramContext & { onProgress: (bytes: number) => void },
): Promise<void> {
  let stopWatching = () => undefined as void;
  const onStart = (pid: number) => {
    // It reads a little else as well.
    stopWatching = watchReads(pid, (bytes) => context.onProgress(Math.min(bytes, artifact.bytes)));
  };
  try {
    await runPipeline(programs, 'file' in target ? target.file : undefined, { ...context, onStart });
  } finally {
    stopWatching();
  }
}
