import { rm } from 'node:fs/promises';
import { OperationError, remedyFor } from '../model/failures.js';
import type { Compression } from '../model/plan.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { digestFile } from './digest-file.js';
import { compressorCommand } from './tar.js';

/**
 * Compresses one file into another, and decompresses that once to prove that it holds the same; the input stays.
 *
 * @throws OperationError `ArtifactDamaged` when it does not
 */
export async function compressFile(
  input: string,
  output: string,
  compression: Compression,
  directories: readonly string[],
  context: ProgramContext,
): Promise<void> {
  const [file, ...args] = await compressorCommand(compression, directories);
  await runProgram({ file: file!, args: [...args, '--stdout', '--', input], outputFile: output }, context);

  const readBack = `${output}.read-back`;
  await runProgram(
    { file: file!, args: ['--decompress', '--stdout', '--', output], outputFile: readBack },
    context,
  );
  const digest = async (path: string) => (await digestFile(path, context.signal, () => undefined)).sha256;
  const isSame = (await digest(input)) === (await digest(readBack));
  await rm(readBack);
  if (!isSame)
    throw new OperationError(
      'ArtifactDamaged',
      `The compressed file does not hold what was dumped; ${remedyFor('ArtifactDamaged')}.`,
    );
}
