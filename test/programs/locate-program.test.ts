import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findProgram, locateProgram } from '../../src/programs/locate-program.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

it('answers with the first executable of that name', async () => {
  const scratch = await makeScratchDirectory();
  const directories = ['missing', 'not-executable', 'first', 'second'].map((name) => join(scratch, name));
  for (const directory of directories.slice(1)) {
    await mkdir(directory);
    await writeFile(join(directory, 'zstd'), '');
    await chmod(join(directory, 'zstd'), directory.endsWith('not-executable') ? 0o644 : 0o755);
  }
  expect(await findProgram('zstd', directories)).toBe(join(scratch, 'first', 'zstd'));
  expect(await locateProgram('zstd', directories)).toBe(join(scratch, 'first', 'zstd'));
  expect(await findProgram('gzip', directories)).toBeUndefined();
});

it('takes no directory for a program', async () => {
  const scratch = await makeScratchDirectory();
  await mkdir(join(scratch, 'gpg'));
  expect(await findProgram('gpg', [scratch])).toBeUndefined();
});

it.each([
  ['gpg', 'gnupg'],
  ['zstd', 'zstd'],
])('says how to install %s', async (program, debianPackage) => {
  await expect(locateProgram(program, [])).rejects.toMatchObject({
    type: 'ProgramMissing',
    message: `${program} is not installed on this worker; run: apt-get install ${debianPackage}.`,
  });
});
