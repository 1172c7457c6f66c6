import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readTableOfContents } from '../../src/postgres/table-of-contents.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

/** A pg_restore that lists this. */
async function listing(lines: string): Promise<string> {
  const file = join(await makeScratchDirectory(), 'pg_restore');
  await writeFile(file, `#!/bin/sh\n[ "$1" = --list ] || exit 2\n${lines}\n`);
  await chmod(file, 0o755);
  return file;
}

const context = { signal: new AbortController().signal };

it('takes tables, their data and the positions of sequences, whatever they are called', async () => {
  const pgRestore = await listing(`cat <<'END'
;
; Archive created at 2026-05-03 02:00:00 UTC
;     TOC Entries: 12
;
3; 2615 2200 SCHEMA - public postgres
215; 1259 16386 TABLE public TABLE DATA x postgres
216; 1259 16410 TABLE DATA agents postgres
217; 1259 16411 SEQUENCE SET ids postgres
3300; 0 0 TABLE ATTACH public part postgres
3321; 0 16386 TABLE DATA public TABLE DATA x postgres
3322; 0 16390 TABLE DATA public a; 0 99 TABLE DATA b postgres
3330; 0 0 SEQUENCE SET public agents_id_seq postgres
3331; 0 16399 SEQUENCE SET public ü  postgres
3340; 2606 16400 CONSTRAINT public agents agents_pkey postgres
3350; 0 16401 MATERIALIZED VIEW DATA public totals postgres
END`);
  expect(await readTableOfContents(pgRestore, '/archive', context)).toEqual([
    { dumpId: 215, oid: 16386, description: 'TABLE' },
    { dumpId: 216, oid: 16410, description: 'TABLE' },
    { dumpId: 3321, oid: 16386, description: 'TABLE DATA' },
    { dumpId: 3322, oid: 16390, description: 'TABLE DATA' },
    { dumpId: 3330, oid: 0, description: 'SEQUENCE SET' },
    { dumpId: 3331, oid: 16399, description: 'SEQUENCE SET' },
  ]);
});

it('reads a list that is longer than what a program may answer with', async () => {
  const pgRestore = await listing(
    `yes '7; 0 16386 TABLE DATA public ${'n'.repeat(10_000)} postgres' | head -n 10200`,
  );
  const entries = await readTableOfContents(pgRestore, '/archive', context);
  expect(entries).toHaveLength(10_200);
  expect(entries.at(-1)).toEqual({ dumpId: 7, oid: 16386, description: 'TABLE DATA' });
});
