import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measureDirectory } from '../../src/files/measure-directory.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

it('adds up the files at every depth, and follows no link', async () => {
  const scratch = await makeScratchDirectory();
  const directory = join(scratch, 'measured');
  await mkdir(join(directory, 'a', 'b'), { recursive: true });
  await writeFile(join(scratch, 'outside'), Buffer.alloc(5000));
  await writeFile(join(directory, 'one'), Buffer.alloc(1000));
  await writeFile(join(directory, 'a', 'b', 'two'), Buffer.alloc(200));
  await symlink(join(scratch, 'outside'), join(directory, 'link'));
  expect(await measureDirectory(directory)).toBe(1200);
});

it('is 0 where there is nothing', async () => {
  expect(await measureDirectory(join(await makeScratchDirectory(), 'missing'))).toBe(0);
});
