import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listDumpFiles, summarizeLargeObjects, summarizeTables } from '../../src/postgres/inventory.js';
import type { DataFileSummaries } from '../../src/postgres/summarize-while-dumped.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const signal = new AbortController().signal;
const END = '\\.\n\n\n';
const dataOf = (dumpId: number, oid: number) => ({ dumpId, oid, description: 'TABLE DATA' as const });
const tables = [
  { oid: 1, schema: 'public', name: 'agents' },
  { oid: 2, schema: 'public', name: 'Tasks "new"' },
];
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the tables of a dump', () => {
  it('are summarized by name, in the order of their names', async () => {
    const archive = await makeScratchDirectory();
    await writeFile(join(archive, '10.dat'), `1\n2\n${END}`);
    await writeFile(join(archive, '11.dat'), END);
    const names = new Map(tables.map((table) => [table.oid, table]));
    const entries = [
      dataOf(10, 1),
      dataOf(11, 2),
      { dumpId: 12, oid: 3, description: 'SEQUENCE SET' as const },
    ];
    let read = 0;
    const summarize = (summaries: DataFileSummaries) =>
      summarizeTables('app', { archive, summaries }, entries, names, signal, (n) => (read += n));
    expect(await summarize(new Map())).toEqual([
      { schema: 'public', name: 'Tasks "new"', rows: 0, bytes: 0, sha256: sha256('') },
      { schema: 'public', name: 'agents', rows: 2, bytes: 4, sha256: sha256('1\n2\n') },
    ]);
    expect(read).toBe(4 + 2 * END.length);

    const known = { rows: 7, bytes: 14, sha256: 'that of another day' };
    const [, agents] = await summarize(new Map([['10.dat', known]]));
    expect(agents).toEqual({ schema: 'public', name: 'agents', ...known });
    expect(read).toBe(4 + 3 * END.length);
  });

  it.each([
    ['has no file', undefined],
    ['has half a file', '1\n2'],
  ])('are refused when one %s', async (_what, content) => {
    const archive = await makeScratchDirectory();
    if (content !== undefined) await writeFile(join(archive, '10.dat'), content);
    const names = new Map([[1, tables[0]!]]);
    const summaries = summarizeTables(
      'app',
      { archive, summaries: new Map() },
      [dataOf(10, 1)],
      names,
      signal,
      () => undefined,
    );
    await expect(summaries).rejects.toMatchObject({
      type: 'DumpImplausible',
      message: expect.stringContaining('table "public"."agents" has no whole data file') as string,
    });
  });

  it('are refused when one is of no table of the snapshot', async () => {
    const archive = await makeScratchDirectory();
    const summaries = summarizeTables(
      'app',
      { archive, summaries: new Map() },
      [dataOf(10, 1)],
      new Map(),
      signal,
      () => undefined,
    );
    await expect(summaries).rejects.toMatchObject({ type: 'DumpImplausible' });
  });
});

describe('the large objects of a dump', () => {
  it('are counted, and told apart by content and by name', async () => {
    const digests = new Set<string>();
    for (const files of [
      { 'blob_16400.dat': 'one', 'blob_16401.dat': 'two' },
      { 'blob_16400.dat': 'two', 'blob_16401.dat': 'one' },
      { 'blob_16400.dat': 'one', 'blob_16402.dat': 'two' },
      { 'blob_16400.dat': 'onetwo' },
      {},
    ]) {
      const archive = await makeScratchDirectory();
      await writeFile(join(archive, 'toc.dat'), 'PGDMP');
      await writeFile(join(archive, 'blobs.toc'), 'blob 16400');
      for (const [file, content] of Object.entries(files)) await writeFile(join(archive, file), content);
      const summary = await summarizeLargeObjects(archive, signal, () => undefined);
      const contents = Object.values(files);
      expect(summary).toMatchObject({ count: contents.length, bytes: contents.join('').length });
      digests.add(summary.sha256);
    }
    expect(digests.size).toBe(5);
  });
});

it('lists the files of a dump with their sizes', async () => {
  const archive = await makeScratchDirectory();
  await writeFile(join(archive, 'toc.dat'), 'PGDMP');
  await writeFile(join(archive, '10.dat'), END);
  expect(await listDumpFiles(archive)).toEqual([
    { name: '10.dat', bytes: 5 },
    { name: 'toc.dat', bytes: 5 },
  ]);
});
