import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { compressFile } from '../../src/archive/compress-file.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const path = (process.env.PATH ?? '').split(delimiter);
const context = { signal: new AbortController().signal };

it.each([
  ['zstd', 1],
  ['zstd', 19],
  ['gzip', 9],
] as const)('compresses a file with %s -%i, which stays', async (method, level) => {
  const directory = await makeScratchDirectory();
  const input = join(directory, '--globals.sql');
  const content = 'CREATE ROLE "ü" PASSWORD \'SCRAM-SHA-256$4096\';\n'.repeat(1000);
  await writeFile(input, content);
  const output = join(directory, 'artifact');
  await compressFile(input, output, { method, level }, path, context);
  expect(await readFile(input, 'utf8')).toBe(content);
  expect((await readFile(output)).length).toBeLessThan(2000);
  const { stdout } = await execa(method, ['--decompress', '--stdout'], {
    inputFile: output,
    stripFinalNewline: false,
  });
  expect(stdout).toBe(content);
});

it('fails for a file that is not there', async () => {
  const directory = await makeScratchDirectory();
  const compressed = compressFile(
    join(directory, 'missing'),
    join(directory, 'artifact'),
    { method: 'zstd', level: 1 },
    path,
    context,
  );
  await expect(compressed).rejects.toMatchObject({ type: 'ProgramFailed' });
});
