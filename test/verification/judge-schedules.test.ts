import { expect, test } from 'vitest';
import { countSchedules, judgeSchedules } from '../../src/verification/judge-schedules.js';
import type { ScheduleState } from '../../src/verification/read-schedules.js';

type Found = NonNullable<ScheduleState['found']>;

const schedule = (name: string, over: Partial<Found> = {}): ScheduleState => ({
  name,
  found: {
    ...{ workflowType: 'backupDatabases', isPaused: false, skipped: { overlap: 0, catchup: 0 } },
    ...over,
  },
});

const judge = (schedules: ScheduleState[], before: ScheduleState[] = []) =>
  judgeSchedules('one', schedules, countSchedules(before)).map(({ id, severity, what }) => [
    id,
    severity,
    what,
  ]);

test('a schedule that is missing is critical, and a paused one a warning', () => {
  expect(judge([{ name: 'nightly' }, schedule('base', { isPaused: true }), schedule('verify')])).toEqual([
    [
      'schedule-missing/one/nightly',
      'critical',
      'Temporal has no schedule "nightly", which backups.yaml declares: nothing starts it.',
    ],
    ['schedule-paused/one/base', 'warning', 'The schedule "base" is paused: nothing starts it.'],
  ]);
});

test('runs that were left out since the verification before are told, and those before it no more', () => {
  const before = [schedule('nightly', { skipped: { overlap: 3, catchup: 1 } })];
  const now = [schedule('nightly', { skipped: { overlap: 4, catchup: 2 } })];
  expect(judge(now, before)).toEqual([
    [
      'schedule-skipping/one/nightly',
      'warning',
      'The schedule "nightly" did not start 2 runs since the verification before: the run before was still going on, or Temporal was down for too long.',
    ],
  ]);
  expect(judge(before, before)).toEqual([]);
  expect(judge(now)).toEqual([]);
});

test('a schedule that was made anew counts from zero', () => {
  const before = [schedule('nightly', { skipped: { overlap: 9, catchup: 0 } })];
  expect(judge([schedule('nightly')], before)).toEqual([]);
  expect(judge([schedule('nightly', { skipped: { overlap: 1, catchup: 0 } })], before)).toHaveLength(1);
});

test('that of the archiver leaves out every run, because the archiver never ends', () => {
  const wal = (overlap: number, catchup: number) =>
    schedule('wal', { workflowType: 'archiveWal', skipped: { overlap, catchup } });
  expect(judge([wal(1440, 0)], [wal(0, 0)])).toEqual([]);
  expect(judge([wal(1440, 1)], [wal(0, 0)])).toHaveLength(1);
});
