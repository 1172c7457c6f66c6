import { OperationError, remedyFor } from '../model/failures.js';
import type { Compression } from '../model/plan.js';
import { findProgram, locateProgram } from '../programs/locate-program.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** A file of an archive, by its name in it. */
export interface ArchivedFile {
  name: string;
  bytes: number;
}

/** The suffix of a file compressed with each method. */
export const codecSuffix = { zstd: '.zst', gzip: '.gz' } as const;

/**
 * The command that compresses standard input to standard output: all cores, and pigz for gzip where it is installed.
 */
export async function compressorCommand(
  { method, level }: Compression,
  directories: readonly string[],
): Promise<string[]> {
  if (method === 'zstd') return [await locateProgram('zstd', directories), '-T0', '-q', `-${level}`];
  const pigz = await findProgram('pigz', directories);
  return [pigz ?? (await locateProgram('gzip', directories)), `-${level}`];
}

/**
 * Packs all files of `directory` into one compressed tar file.
 *
 * @see https://www.gnu.org/software/tar/manual/html_section/gzip.html (`--use-compress-program`)
 */
export async function packDirectory(
  directory: string,
  archive: string,
  compression: Compression,
  directories: readonly string[],
  context: ProgramContext,
): Promise<void> {
  const compressor = await compressorCommand(compression, directories);
  const file = await locateProgram('tar', directories);
  await runProgram(
    {
      file,
      args: [
        `--use-compress-program=${compressor.join(' ')}`,
        '--create',
        '--format=posix',
        '--sort=name',
        '--numeric-owner',
        `--file=${archive}`,
        `--directory=${directory}`,
        '.',
      ],
    },
    context,
  );
}

/** Reads a compressed tar file to its end and lists the files in it, sorted by name. */
export async function listArchive(
  archive: string,
  compression: Compression,
  directories: readonly string[],
  context: ProgramContext,
): Promise<ArchivedFile[]> {
  const [decompressor] = await compressorCommand(compression, directories);
  const files: ArchivedFile[] = [];
  await runProgram(
    {
      file: await locateProgram('tar', directories),
      args: [
        `--use-compress-program=${decompressor}`,
        '--list',
        '--verbose',
        '--numeric-owner',
        `--file=${archive}`,
      ],
      onLine: (line) => {
        const [, bytes, name] = /^-\S+\s+\S+\s+(\d+)\s+\S+\s+\S+\s+\.\/(.*)$/.exec(line) ?? [];
        if (name !== undefined) files.push({ name, bytes: Number(bytes) });
      },
    },
    context,
  );
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function damaged(fault: string, cause?: unknown): OperationError {
  return new OperationError(
    'ArtifactDamaged',
    `The compressed archive does not hold what was dumped (${fault}); ${remedyFor('ArtifactDamaged')}.`,
    { cause },
  );
}

/**
 * Proves that an archive holds exactly the given files, by decompressing it once.
 *
 * @throws OperationError `ArtifactDamaged` when a file is missing, too many or of another size, or the end is missing
 */
export async function checkArchive(
  archive: string,
  expected: readonly ArchivedFile[],
  compression: Compression,
  directories: readonly string[],
  context: ProgramContext,
): Promise<void> {
  const listed = await listArchive(archive, compression, directories, context).catch((cause: unknown) => {
    const isUnreadable = cause instanceof OperationError && cause.type === 'ProgramFailed';
    throw isUnreadable ? damaged('it cannot be read to its end', cause) : cause;
  });
  const found = new Map(listed.map(({ name, bytes }) => [name, bytes]));
  const wrong = expected.find(({ name, bytes }) => found.get(name) !== bytes);
  if (wrong) throw damaged(wrong.name);
  if (found.size !== expected.length) throw damaged('more files');
}
