import { describe, expect, test } from 'vitest';
import {
  compareInventories,
  describeDifferences,
  type RearrangedTables,
} from '../../src/model/compare-inventories.js';
import type { Inventory, TableInventory } from '../../src/model/inventory.js';

const table = (name: string, change: Partial<TableInventory> = {}): TableInventory => ({
  ...{ schema: 'public', name, rows: 12, bytes: 3000, sha256: 'a'.repeat(64) },
  ...change,
});
const other = { sha256: 'b'.repeat(64) };

const backup: Inventory = {
  tables: [table('agents'), table('odd "name"'), table('tasks')],
  excludedTables: [],
  sequences: [
    { schema: 'public', name: 'tasks_id_seq', lastValue: '7', isCalled: true },
    { schema: 'public', name: 'unused_seq', lastValue: '1', isCalled: false },
  ],
  largeObjects: { count: 2, bytes: 500, sha256: 'a'.repeat(64) },
  extensions: [{ name: 'vector', version: '0.6.0', schema: 'public' }],
  roles: ['agentic', 'reader'],
};
const nothing: RearrangedTables = { partitions: [], inheriting: [] };
const compare = (change: Partial<Inventory>, rearranged: RearrangedTables = nothing) =>
  compareInventories(backup, { ...backup, ...change }, { rearranged });
const tables = (...changed: TableInventory[]) => ({
  tables: [...backup.tables.filter(({ name }) => !changed.some((each) => each.name === name)), ...changed],
});

test('a database that came back as it was has no differences', () => {
  expect(compare({})).toEqual({ differences: [], notes: [] });
});

test.each<[string, Partial<Inventory>, string]>([
  ['a row less', tables(table('tasks', { rows: 11 })), 'table "public"."tasks" has 11 rows instead of 12'],
  [
    'a shorter value',
    tables(table('tasks', { bytes: 2999, ...other })),
    'table "public"."tasks" has 2999 bytes of data instead of 3000',
  ],
  [
    'another value',
    tables(table('tasks', other)),
    'table "public"."tasks" has as many rows and bytes, but other data',
  ],
  ['no table', { tables: backup.tables.slice(1) }, 'table "public"."agents" is missing'],
  ['one table more', tables(table('new')), 'table "public"."new" is not in the backup'],
  ['no sequence', { sequences: backup.sequences.slice(1) }, 'sequence "public"."tasks_id_seq" is missing'],
  [
    'one sequence more',
    { sequences: [...backup.sequences, { ...backup.sequences[0]!, name: 'new_seq' }] },
    'sequence "public"."new_seq" is not in the backup',
  ],
  [
    'a sequence that was set back',
    { sequences: [{ ...backup.sequences[0]!, lastValue: '6' }, backup.sequences[1]!] },
    'sequence "public"."tasks_id_seq" is at 6 instead of 7',
  ],
  [
    'a sequence that was used',
    { sequences: [backup.sequences[0]!, { ...backup.sequences[1]!, isCalled: true }] },
    'sequence "public"."unused_seq" is at 1 instead of 1 (not used yet)',
  ],
  [
    'a large object less',
    { largeObjects: { ...backup.largeObjects, count: 1 } },
    'there are 1 large objects instead of 2',
  ],
  [
    'another large object',
    { largeObjects: { ...backup.largeObjects, ...other } },
    'the 2 large objects hold other data (500 bytes, in the backup 500)',
  ],
  ['no extension', { extensions: [] }, 'extension "vector" is missing'],
  [
    'an extension elsewhere',
    { extensions: [{ ...backup.extensions[0]!, schema: 'vectors' }] },
    'extension "vector" is in schema "vectors" instead of "public"',
  ],
])('%s is a difference', (_, change, difference) => {
  expect(compare(change)).toEqual({ differences: [difference], notes: [] });
});

test.each<[string, Partial<Inventory>, string]>([
  [
    'a newer version of an extension',
    { extensions: [{ ...backup.extensions[0]!, version: '0.8.0' }] },
    'extension "vector" is 0.8.0 on this server, and was 0.6.0',
  ],
  [
    'a role without anything',
    { roles: ['agentic'] },
    'role "reader" owned an extension at most, and owns nothing here',
  ],
])('%s is only noted', (_, change, note) => {
  expect(compare(change)).toEqual({ differences: [], notes: [note] });
});

test('a role more is nothing: whoever restores owns the extensions', () => {
  expect(compare({ roles: [...backup.roles, 'restorer'] })).toEqual({ differences: [], notes: [] });
});

test('tables are not taken for each other, whatever quotes their names hold', () => {
  const was = { ...backup, tables: [table('b"."c', { schema: 'a' })] };
  const is = { ...backup, tables: [table('c', { schema: 'a"."b' })] };
  expect(compareInventories(was, is, { rearranged: nothing }).differences).toEqual([
    'table "a"."b"".""c" is missing',
    'table "a"".""b"."c" is not in the backup',
  ]);
});

describe('tables that the backup left out', () => {
  const excluding = { ...backup, excludedTables: [{ schema: 'public', name: 'cache' }] };
  const found = (...more: TableInventory[]) =>
    compareInventories(
      excluding,
      { ...backup, tables: [...backup.tables, ...more] },
      { rearranged: nothing },
    );
  const note = 'the backup left out 1 tables or their data, among them "public"."cache"';

  test('may be missing or empty, and are noted', () => {
    expect(found()).toEqual({ differences: [], notes: [note] });
    expect(found(table('cache', { rows: 0, bytes: 0 }))).toEqual({ differences: [], notes: [note] });
  });

  test('have no rows', () => {
    expect(found(table('cache')).differences).toEqual(['table "public"."cache" is not in the backup']);
  });
});

describe('partitions between which rows move', () => {
  const rearranged: RearrangedTables = {
    partitions: [
      { root: { schema: 'public', name: 'by_enum' }, leaves: ['agents', 'tasks'].map((name) => table(name)) },
    ],
    inheriting: [],
  };

  test('are compared together', () => {
    const moved = tables(
      table('agents', { rows: 20, bytes: 5000, ...other }),
      table('tasks', { rows: 4, bytes: 1000, ...other }),
    );
    const { differences, notes } = compare(moved, rearranged);
    expect(differences).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('"public"."by_enum" is hash-partitioned by an enum')]);
  });

  test('have as many rows and bytes together', () => {
    expect(compare(tables(table('tasks', { rows: 11, bytes: 2900 })), rearranged).differences).toEqual([
      'table "public"."by_enum" has 23 rows in its partitions instead of 24',
      'table "public"."by_enum" has 5900 bytes in its partitions instead of 6000',
    ]);
  });

  test('are all there', () => {
    const gone = { tables: [table('agents', { rows: 24, bytes: 6000 }), table('odd "name"')] };
    expect(compare(gone, rearranged).differences).toEqual(['table "public"."tasks" is missing']);
  });
});

describe('a table that inherits columns', () => {
  const rearranged = { partitions: [], inheriting: [{ schema: 'public', name: 'tasks' }] };

  test('may have them in another order, which is noted', () => {
    const { differences, notes } = compare(tables(table('tasks', other)), rearranged);
    expect(differences).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('table "public"."tasks" inherits columns')]);
  });

  test('has as many rows and bytes', () => {
    expect(compare(tables(table('tasks', { rows: 1 })), rearranged).differences).toHaveLength(1);
    expect(compare(tables(table('tasks', { bytes: 1 })), rearranged).differences).toHaveLength(1);
  });
});

describe('of single tables', () => {
  const chosen = [{ schema: 'public', name: 'tasks' }];
  const found = (...restored: TableInventory[]) =>
    compareInventories(
      backup,
      {
        ...{ tables: restored, excludedTables: [], sequences: [], extensions: [], roles: [] },
        largeObjects: { count: 0, bytes: 0, sha256: 'c'.repeat(64) },
      },
      { rearranged: nothing, tables: chosen },
    );

  test('only these are compared, and what else was made for them is not', () => {
    expect(found(table('tasks'), table('agents', { rows: 0 }))).toEqual({ differences: [], notes: [] });
    expect(found(table('tasks', { rows: 1 })).differences).toHaveLength(1);
    expect(found().differences).toEqual(['table "public"."tasks" is missing']);
  });
});

test('many differences are a short sentence', () => {
  expect(describeDifferences(['a', 'b'], 2)).toBe('a; b');
  expect(describeDifferences(['a', 'b', 'c', 'd'], 2)).toBe('a; b; and 2 more');
});
