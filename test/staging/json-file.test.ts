import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readJson, writeJson } from '../../src/staging/json-file.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

it('reads back what was written last, and leaves no other file', async () => {
  const directory = await makeScratchDirectory();
  const file = join(directory, 'facts.json');
  await writeJson(file, { name: 'ü"\n', big: 2 ** 53 - 1 });
  await writeJson(file, [1, null]);
  expect(await readJson(file)).toEqual([1, null]);
  expect(await readdir(directory)).toEqual(['facts.json']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('overwrites what a crashed write left', async () => {
  const file = join(await makeScratchDirectory(), 'facts.json');
  await writeFile(`${file}.partial`, '{"half":');
  expect(await readJson(file)).toBeUndefined();
  await writeJson(file, 'whole');
  expect(await readJson(file)).toBe('whole');
});

it('tells a file that is not there from one that cannot be read', async () => {
  const directory = await makeScratchDirectory();
  expect(await readJson(join(directory, 'missing'))).toBeUndefined();
  await expect(readJson(directory)).rejects.toThrow('EISDIR');
  await writeFile(join(directory, 'damaged'), '{');
  await expect(readJson(join(directory, 'damaged'))).rejects.toThrow(SyntaxError);
});
