import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exists } from '../../src/files/exists.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

it('tells a file and a directory from nothing', async () => {
  const scratch = await makeScratchDirectory();
  await writeFile(join(scratch, 'file'), '');
  expect(await exists(join(scratch, 'file'))).toBe(true);
  expect(await exists(scratch)).toBe(true);
  expect(await exists(join(scratch, 'missing'))).toBe(false);
  expect(await exists(join(scratch, 'file', 'below'))).toBe(false);
});
