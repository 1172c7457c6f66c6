import { createHash } from 'node:crypto';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { summarizeWhileDumped } from '../../src/postgres/summarize-while-dumped.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { waitUntil } from '../support/wait-until.js';

const END = '\\.\n\n\n';

let archive: string;
let read: number;
beforeEach(async () => {
  archive = join(await makeScratchDirectory(), 'data');
  read = 0;
});

const write = (file: string, text: string) => appendFile(join(archive, file), text);
const untilRead = (bytes: number) => waitUntil(`${bytes} bytes are read`, () => read === bytes);

async function summarize(dump: () => Promise<unknown>) {
  const { signal } = new AbortController();
  const { summaries } = await summarizeWhileDumped(archive, signal, (count) => (read += count), dump);
  return Object.fromEntries(summaries);
}

const summaryOf = (text: string) => ({
  rows: text.split('\n').length - 1,
  bytes: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
});

it('counts and hashes files while they grow, several at a time', async () => {
  const summaries = await summarize(async () => {
    await mkdir(archive);
    await write('10.dat', '1\n2');
    await untilRead(3);
    await write('11.dat', `a\n${END.slice(0, 3)}`);
    await untilRead(3 + 5);
    await write('10.dat', `2\n${END}`);
    await write('11.dat', END.slice(3));
    await untilRead(5 + 2 + 2 * END.length);
    await write('12.dat', END);
    await untilRead(5 + 2 + 3 * END.length);
  });
  expect(summaries).toEqual({
    '10.dat': summaryOf('1\n22\n'),
    '11.dat': summaryOf('a\n'),
    '12.dat': summaryOf(''),
  });
});

it('leaves to others what is no data of a table, what is not whole, and what is there no more', async () => {
  const summaries = await summarize(async () => {
    await mkdir(archive);
    await write('10.dat', END);
    await untilRead(END.length);
    await rm(join(archive, '10.dat'));
    await write('11.dat', '1\n');
    await untilRead(END.length + 2);
    await write('blob_16400.dat', END);
    await write('toc.dat', END);
  });
  expect(summaries).toEqual({});
  expect(read).toBe(END.length + 2);
});

it('is not taken in by data that looks like its end', async () => {
  // A table of one column: a row that ends in a backslash and a dot, then two empty ones.
  const deceptive = '\\\\.\n\n\n';
  const summaries = await summarize(async () => {
    await mkdir(archive);
    await write('10.dat', deceptive);
    await write('11.dat', deceptive);
    // Whoever reads this one has given up one of the others.
    await untilRead(2 * deceptive.length);
    await write('12.dat', END);
    await untilRead(2 * deceptive.length + END.length);
    await write('10.dat', `more\n${END}`);
    await write('11.dat', `more\n${END}`);
  });
  expect(Object.keys(summaries).length).toBeLessThan(3);
  for (const [file, summary] of Object.entries(summaries))
    expect(summary).toEqual(summaryOf(file === '12.dat' ? '' : `${deceptive}more\n`));
});

it('has let go of the files when it ends with what the dump fails with', async () => {
  const failing = summarize(async () => {
    await mkdir(archive);
    await write('10.dat', '1\n');
    await untilRead(2);
    throw new Error('pg_dump failed');
  });
  await expect(failing).rejects.toThrow('pg_dump failed');
  await rm(archive, { recursive: true });
  expect(read).toBe(2);
});
