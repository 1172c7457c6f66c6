import type { Compression } from '../model/plan.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { compressorCommand } from './tar.js';

/** Compresses one file into another; the input stays. */
export async function compressFile(
  input: string,
  output: string,
  compression: Compression,
  directories: readonly string[],
  context: ProgramContext,
): Promise<void> {
  const [file, ...args] = await compressorCommand(compression, directories);
  await runProgram({ file: file!, args: [...args, '--stdout', '--', input], outputFile: output }, context);
}
