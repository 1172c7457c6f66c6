import { expect, test } from 'vitest';
import { count, formatAge, formatTime, renderTable } from '../../src/client/output.js';

test.each([
  [-1, '0 s'],
  [0, '0 s'],
  [119, '119 s'],
  [120, '2 min'],
  [7199, '119 min'],
  [7200, '2 h'],
  [25 * 3600, '25 h'],
  [48 * 3600 - 1, '47 h'],
  [48 * 3600, '2 d'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatAge(seconds)).toBe(text);
});

test('one is singular', () => {
  expect([0, 1, 2].map((number) => count(number, 'backup'))).toEqual(['0 backups', '1 backup', '2 backups']);
});

test('times are in UTC and say so', () => {
  expect(formatTime(new Date('2026-11-24T02:00:00.999Z'))).toBe('2026-11-24 02:00:00 UTC');
});

test('a table has aligned columns, no borders and no blanks at the ends of lines', () => {
  const table = renderTable(
    ['NAME', '>SIZE', 'NOTE'],
    [
      ['a', '1 B', ''],
      ['langfuse', '12 MB', 'big'],
    ],
  );
  expect(table.split('\n')).toEqual(['NAME       SIZE  NOTE', 'a           1 B', 'langfuse  12 MB  big']);
});
