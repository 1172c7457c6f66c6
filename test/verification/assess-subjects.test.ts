import { expect, test } from 'vitest';
import type { LatestBackup } from '../../src/catalogue/latest-backups.js';
import { assessSubjects } from '../../src/verification/assess-subjects.js';

const now = new Date('2026-11-24T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

const latest = (database: string, hours: number, more: Partial<LatestBackup> = {}): LatestBackup => ({
  subject: { kind: 'database', server: 'one', database },
  id: `${database}_20261124_020000`,
  time: hoursAgo(hours),
  bytes: 10,
  ...more,
});

const statesOf = (databases: string[], backups: LatestBackup[], globals = false) =>
  assessSubjects({ databases, globals }, backups, now).map(({ name, state }) => [name, state]);

test('25 hours are fresh, a second more is not, and nothing at all is critical', () => {
  expect(statesOf(['fresh', 'stale', 'none'], [latest('fresh', 25), latest('stale', 25 + 1 / 3600)])).toEqual(
    [
      ['fresh', 'ok'],
      ['stale', 'warning'],
      ['none', 'critical'],
    ],
  );
});

test('a fresh backup that is not whole is a warning, and critical where none before it is', () => {
  const fault = 'it is not JSON';
  expect(statesOf(['app'], [latest('app', 1, { fault })])).toEqual([['app', 'warning']]);
  expect(statesOf(['app'], [latest('app', 1, { fault, noneWhole: true })])).toEqual([['app', 'critical']]);
});

test('a database called globals does not stand in for the globals, nor the other way round', () => {
  expect(statesOf(['globals'], [latest('globals', 1)], true)).toEqual([
    ['globals', 'ok'],
    ['globals', 'critical'],
  ]);
  const globals: LatestBackup = { ...latest('x', 1), subject: { kind: 'globals', server: 'one' } };
  expect(statesOf(['globals'], [globals], true)).toEqual([
    ['globals', 'critical'],
    ['globals', 'ok'],
  ]);
});

test('each says which kind it is, so that names may be the same', () => {
  const kinds = assessSubjects({ databases: ['globals'], globals: true }, [], now);
  expect(kinds.map(({ kind, name }) => [kind, name])).toEqual([
    ['database', 'globals'],
    ['globals', 'globals'],
  ]);
});

test('databases that are not configured are not judged', () => {
  expect(statesOf([], [latest('old', 1000)])).toEqual([]);
});
