import { describe, expect, it } from 'vitest';
import { findTables } from '../../src/model/find-tables.js';

const counted = { rows: 1, bytes: 1, sha256: 'a'.repeat(64) };
const tables = [
  { schema: 'public', name: 'agents', ...counted },
  { schema: 'archive', name: 'agents', ...counted },
  { schema: 'public', name: 'tasks', ...counted },
  { schema: 'public', name: 'odd.name', ...counted },
];

const partitionedTables = [{ schema: 'public', name: 'events' }];

describe('the tables of an argument', () => {
  it('are found by name, or by schema and name', () => {
    expect(findTables({ tables }, ['tasks', 'archive.agents', 'odd.name', 'public.tasks'])).toEqual([
      { schema: 'public', name: 'tasks' },
      { schema: 'archive', name: 'agents' },
      { schema: 'public', name: 'odd.name' },
    ]);
  });

  it('may be partitioned, in a backup that tells which are', () => {
    expect(findTables({ tables, partitionedTables }, ['events', 'tasks'])).toEqual([
      { schema: 'public', name: 'events' },
      { schema: 'public', name: 'tasks' },
    ]);
    expect(() => findTables({ tables }, ['events'])).toThrow(/no table "events"/);
  });

  it.each([
    ['nothing', /no table "nothing"/],
    ['agents', /several schemas \(public, archive\)/],
    ['Tasks', /no table "Tasks"/],
  ])('are refused when %s is not exactly one', (name, message) => {
    expect(() => findTables({ tables }, [name])).toThrow(message);
  });
});
