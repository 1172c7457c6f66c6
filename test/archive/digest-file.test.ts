import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestFile } from '../../src/archive/digest-file.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

it.each([0, 1, 1024 * 1024, 3_000_001])('digests a file of %i bytes', async (bytes) => {
  const file = join(await makeScratchDirectory(), 'artifact');
  const content = Buffer.alloc(bytes, 'content');
  await writeFile(file, content);
  const seen: number[] = [0];
  const digest = await digestFile(file, new AbortController().signal, (done) => seen.push(done));
  expect(digest).toEqual({ bytes, sha256: createHash('sha256').update(content).digest('hex') });
  expect(seen.at(-1)).toBe(bytes);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

it('ends when it is aborted', async () => {
  const file = join(await makeScratchDirectory(), 'artifact');
  await writeFile(file, Buffer.alloc(5_000_000));
  const controller = new AbortController();
  const digest = digestFile(file, controller.signal, () => controller.abort());
  await expect(digest).rejects.toMatchObject({ name: 'AbortError' });
});
