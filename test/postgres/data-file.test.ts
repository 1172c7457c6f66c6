import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { summarizeDataFile } from '../../src/postgres/data-file.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const signal = new AbortController().signal;
/** As it is read: longer files are read in several pieces. */
const PIECE = 1024 * 1024;
const END = '\\.\n\n\n';

/** A line of COPY text: line breaks in values are escaped. */
const line = fc.string({ unit: fc.constantFrom('a', '\t', '\\N', '\\\\.', '\\n', '.', '\\.x', 'ü', ' ') });

it('counts the rows and the bytes of any table, and hashes them', async () => {
  const file = join(await makeScratchDirectory(), '3001.dat');
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (rows) => {
      const text = rows.map((row) => `${row}\n`).join('');
      await writeFile(file, text + END);
      let read = 0;
      const summary = await summarizeDataFile(file, signal, (bytes) => (read += bytes));
      expect(summary).toEqual({
        rows: rows.length,
        bytes: Buffer.byteLength(text),
        sha256: createHash('sha256').update(text).digest('hex'),
      });
      expect(read).toBe(Buffer.byteLength(text) + END.length);
    }),
  );
});

it.each(Array.from({ length: 14 }, (_, index) => index - 7))(
  'does so when the end marker begins %i bytes from the end of a piece',
  async (offset) => {
    const file = join(await makeScratchDirectory(), '3001.dat');
    for (const pieces of [1, 2]) {
      const text = `${'x'.repeat(pieces * PIECE + offset - 1)}\n`;
      await writeFile(file, text + END);
      expect(await summarizeDataFile(file, signal, () => undefined)).toEqual({
        rows: 1,
        bytes: text.length,
        sha256: createHash('sha256').update(text).digest('hex'),
      });
    }
  },
);

it.each(['', '\\.\n', '\\.\n\n', '1\n2\n', `1\n${END}x`, `1\n${END.slice(0, -1)}`])(
  'refuses a file that is not whole: %j',
  async (content) => {
    const file = join(await makeScratchDirectory(), '3001.dat');
    await writeFile(file, content);
    await expect(summarizeDataFile(file, signal, () => undefined)).rejects.toThrow(
      `${file} has no end-of-data marker`,
    );
  },
);

it('ends when it is aborted', async () => {
  const file = join(await makeScratchDirectory(), '3001.dat');
  await writeFile(file, Buffer.alloc(5 * PIECE));
  const controller = new AbortController();
  const summary = summarizeDataFile(file, controller.signal, () => controller.abort());
  await expect(summary).rejects.toMatchObject({ name: 'AbortError' });
});
