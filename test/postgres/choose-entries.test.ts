import { describe, expect, test } from 'vitest';
import { collectGraph, type RestorePass } from '../../src/postgres/archive-graph.js';
import { chooseEntries } from '../../src/postgres/choose-entries.js';

/** Of a real list: two tables, one of which refers to the other, a partitioned one, and what stands around them. */
const LIST = `;
; Archive created at 2026-11-24 10:36:34 UTC
;     dbname: tt
;
2643; 0 0 ENCODING - ENCODING
1; 3079 16395 EXTENSION - citext
215; 1259 16391 TABLE public parent postgres
217; 1259 16399 TABLE public child postgres
216; 1259 16398 SEQUENCE public child_id_seq postgres
;	depends on: 217
220; 1259 16421 TABLE public TABLE DATA postgres
221; 1259 16426 TABLE public ev1 postgres
;	depends on: 220
222; 1259 16431 TABLE public ev1a postgres
;	depends on: 221
226; 1259 16463 VIEW public v postgres
;	depends on: 217 215 217
228; 1259 16471 MATERIALIZED VIEW public mv postgres
;	depends on: 215
2450; 0 0 TABLE ATTACH public ev1 postgres
;	depends on: 221 220
2451; 0 0 TABLE ATTACH public ev1a postgres
;	depends on: 222 221
2639; 2613 7777 BLOB - 7777 postgres
2700; 0 0 ACL - LARGE OBJECT 7777 postgres
;	depends on: 2639
2629; 0 16399 TABLE DATA public child postgres
;	depends on: 217
2627; 0 16391 TABLE DATA public parent postgres
;	depends on: 215
2632; 0 16431 TABLE DATA public ev1a postgres
;	depends on: 222
2651; 0 0 SEQUENCE SET public child_id_seq postgres
;	depends on: 216
2640; 0 0 BLOBS - BLOBS
2456; 2606 16397 CONSTRAINT public parent parent_pkey postgres
;	depends on: 215
2458; 2606 16404 CONSTRAINT public child child_pkey postgres
;	depends on: 217
2472; 2606 16405 FK CONSTRAINT public child child_p_fkey postgres
;	depends on: 2456 215 217
2473; 2606 16410 FK CONSTRAINT public child child_self_fkey postgres
;	depends on: 217 2458 217
2474; 2606 16444 FK CONSTRAINT public ev1a ev1a_n_fkey postgres
;	depends on: 222 215 2456
2800; 0 0 DEFAULT ACL s DEFAULT PRIVILEGES FOR TABLES postgres
2801; 3466 17000 EVENT TRIGGER - note postgres
2802; 0 0 COMMENT - EVENT TRIGGER note postgres
;	depends on: 2801
2636; 0 16471 MATERIALIZED VIEW DATA public mv postgres
;	depends on: 228 2642`.split('\n');

const { entries, onLine } = collectGraph();
LIST.forEach(onLine);
const choose = (from: typeof entries, tables: number[]) =>
  chooseEntries(from, tables).map(({ dumpId }) => dumpId);
const always = [2643, 1, 2800, 2801, 2802];

describe('chosen are', () => {
  test.each<[string, number[], number[]]>([
    ['a table and what is its own', [217], [217, 216, 2629, 2651, 2458, 2473]],
    ['a table and what is made of its rows', [215], [215, 228, 2627, 2456, 2636]],
    [
      'two tables and what joins them',
      [217, 215],
      [215, 217, 216, 226, 228, 2629, 2627, 2651, 2456, 2458, 2472, 2473, 2636],
    ],
    ['a partitioned table with its partitions and theirs', [220], [220, 221, 222, 2450, 2451, 2632]],
    ['a partition with what it is attached to', [222], [220, 221, 222, 2450, 2451, 2632]],
    [
      'a partition and the table that it refers to',
      [222, 215],
      [215, 220, 221, 222, 228, 2450, 2451, 2632, 2627, 2456, 2474, 2636],
    ],
    ['what needs no table', [], []],
  ])('%s', (_, tables, chosen) => {
    expect(choose(entries, tables).sort((a, b) => a - b)).toEqual(
      [...always, ...chosen].sort((a, b) => a - b),
    );
  });

  test('in the order of the archive', () => {
    const order = entries.map(({ dumpId }) => dumpId);
    const chosen = choose(entries, [217, 215]);
    expect(chosen).toEqual(order.filter((dumpId) => chosen.includes(dumpId)));
  });

  test('no rows, and nothing made of them, of a table that is needed but not chosen', () => {
    // As if the child had a column of the parent's type.
    const needing = entries.map((entry) =>
      entry.dumpId === 217 ? { ...entry, dependencies: [215] } : entry,
    );
    const chosen = choose(needing, [217]);
    expect(chosen).toEqual(expect.arrayContaining([215, 217, 228, 2456, 2629]));
    for (const dumpId of [2627, 2472, 2636]) expect(chosen).not.toContain(dumpId);
  });
});

test('privileges come late, with what may need them, and event triggers last', () => {
  const inPass = (wanted: RestorePass) =>
    entries.filter(({ pass }) => pass === wanted).map(({ dumpId }) => dumpId);
  expect(inPass('privileges')).toEqual([2700, 2800, 2636]);
  expect(inPass('event triggers')).toEqual([2801, 2802]);
});
