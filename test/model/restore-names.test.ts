import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNamedAfter, replacedName, restoredName } from '../../src/model/restore-names.js';

const time = new Date('2026-11-24T03:04:05.678Z');

describe('names of restored databases', () => {
  it('say what they are of, and when', () => {
    expect(restoredName('agentic', time)).toBe('agentic_restored_20261124_030405');
    expect(replacedName('agentic', time)).toBe('agentic_before_20261124_030405');
  });

  it('are never so long that PostgreSQL would cut their end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 63 }), (database) => {
        const name = restoredName(database, time);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
        expect(name).toMatch(/_restored_20261124_030405$/);
        expect(database.startsWith(name.slice(0, -'_restored_20261124_030405'.length))).toBe(true);
        expect(Buffer.from(name).toString()).toBe(name);
      }),
    );
  });

  it('are known by the database that they are of, however long its name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 63 }), (database) => {
        expect(isNamedAfter(restoredName(database, time), database)).toBe(true);
        expect(isNamedAfter(replacedName(database, time), database)).toBe(true);
      }),
    );
    for (const other of ['postgres', 'agentic', 'other_before_20261124_030405', 'agentic_before_yesterday'])
      expect(isNamedAfter(other, 'agentic')).toBe(false);
  });
});
