import { describe, expect, test } from 'vitest';
import type { Inventory } from '../../src/model/inventory.js';
import { countContents } from '../../src/verification/count-contents.js';
import { judgeContents } from '../../src/verification/judge-contents.js';

type Tables = Record<string, [rows: number, bytes: number]>;

const MB = 1e6;

const inventory = (tables: Tables, over: Partial<Inventory> = {}): Inventory => ({
  tables: Object.entries(tables).map(([name, [rows, bytes]]) => ({
    ...{ schema: 'public', name, rows, bytes, sha256: 'a'.repeat(64) },
  })),
  ...{ excludedTables: [], sequences: [], extensions: [], roles: [] },
  largeObjects: { count: 0, bytes: 0, sha256: 'a'.repeat(64) },
  ...over,
});

/** Judges the first against the others. */
function judge(...inventories: Inventory[]) {
  const [newest, ...before] = countContents(inventories);
  return judgeContents('one', 'langfuse', newest!, before).map(({ id, severity, what }) => [
    id,
    severity,
    what,
  ]);
}

const usual = inventory({ traces: [1_000_000, 900 * MB], users: [50, 1000] });
const sevenOf = (one: Inventory) => Array.from({ length: 7 }, () => one);

test('a table that lost most of its rows is worth a page', () => {
  const newest = inventory({ traces: [90_000, 899 * MB], users: [50, 1000] });
  expect(judge(newest, ...sevenOf(usual))).toEqual([
    [
      'database-shrunk/one/langfuse',
      'critical',
      'Database langfuse of server one lost 90 % of its rows: 1,000,050 -> 90,050.',
    ],
    [
      'table-shrunk/one/langfuse/public.traces',
      'critical',
      'Table public.traces of langfuse lost 91 % of its rows: 1,000,000 -> 90,000.',
    ],
  ]);
});

test.each([
  [500_000, 'warning'],
  [100_001, 'warning'],
  [100_000, 'critical'],
])('with %i of a million rows left it is a %s', (rows, severity) => {
  const found = judge(inventory({ traces: [rows, 900 * MB], users: [50, 1000] }), ...sevenOf(usual));
  expect(found.find(([id]) => id === 'table-shrunk/one/langfuse/public.traces')?.[1]).toBe(severity);
});

test('a table with rows that is gone is critical, wherever it was', () => {
  const big = inventory({ ...{ traces: [1_000_000, 900 * MB] }, users: [5000, 1000] });
  expect(judge(inventory({ traces: [1_000_000, 900 * MB] }), ...sevenOf(big))).toEqual([
    [
      'table-shrunk/one/langfuse/public.users',
      'critical',
      'Table public.users of langfuse is gone, with its 5,000 rows.',
    ],
  ]);
});

test('a loss of size alone is told as that, and so is growth of the whole database', () => {
  const half = inventory({ traces: [1_000_000, 400 * MB], users: [50, 1000] });
  expect(judge(half, usual)).toContainEqual([
    'table-shrunk/one/langfuse/public.traces',
    'warning',
    'Table public.traces of langfuse lost 55 % of its size: 900 MB -> 400 MB.',
  ]);
  const grown = inventory({ traces: [1_000_000, 1400 * MB], users: [50, 1000] });
  expect(judge(grown, usual)).toEqual([
    [
      'database-grown/one/langfuse',
      'warning',
      'Database langfuse of server one has grown by 55 %: 900 MB -> 1,400 MB.',
    ],
  ]);
});

describe('no alarm is made', () => {
  test('of small numbers, whatever their share', () => {
    const small = inventory({ jobs: [900, 5 * MB], users: [50, 1000] });
    expect(judge(inventory({ jobs: [0, 0] }), ...sevenOf(small))).toEqual([]);
    expect(judge(inventory({ jobs: [9000, 15 * MB] }), ...sevenOf(small))).toEqual([]);
  });

  test('of one odd night before, nor when there is nothing to compare with', () => {
    const odd = inventory({ traces: [9_000_000, 9000 * MB], users: [50, 1000] });
    expect(judge(usual, odd, usual, usual)).toEqual([]);
    expect(judge(usual)).toEqual([]);
  });

  test('of partitions that come and go', () => {
    const partitionedTables = [{ schema: 'public', name: 'traces' }];
    const of = (...months: number[]) =>
      inventory(
        Object.fromEntries(months.map((month) => [`traces_2026_${month}`, [400_000, 300 * MB]] as const)),
        { partitionedTables },
      );
    expect(judge(of(8, 9, 10), of(7, 8, 9), of(7, 8, 9))).toEqual([]);
    expect(judge(of(10), of(7, 8, 9), of(7, 8, 9))).toContainEqual([
      'table-shrunk/one/langfuse/public.traces',
      'warning',
      'Table public.traces of langfuse lost 66 % of its rows: 1,200,000 -> 400,000.',
    ]);
  });

  test('of a table that is left out on purpose', () => {
    const without = inventory(
      { users: [50, 1000] },
      { excludedTables: [{ schema: 'public', name: 'traces' }] },
    );
    expect(judge(without, ...sevenOf(usual))).toEqual([]);
  });
});

test('a table whose name only begins like a partitioned one is a table of its own', () => {
  const partitionedTables = [{ schema: 'public', name: 'log' }];
  const before = inventory({ log_1: [5000, MB], logins: [5000, MB] }, { partitionedTables });
  const newest = inventory({ log_1: [5000, MB] }, { partitionedTables });
  expect(judge(newest, before).map(([id]) => id)).toContain('table-shrunk/one/langfuse/public.logins');
});
