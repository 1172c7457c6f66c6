import type { CalendarSpecDescription } from '@temporalio/client';
import { expect, test } from 'vitest';
import { describeCalendar, toCalendar } from '../../../src/client/schedules/calendar.js';
import { scheduleConfiguration } from '../../../src/model/schedule-configuration.js';

const parse = (schedule: object) => toCalendar(scheduleConfiguration.parse(schedule));

test('a field that is left out fits always, but for the minute', () => {
  expect(describeCalendar(parse({ hour: 2 }))).toBe('minute 0, hour 2');
  expect(describeCalendar(parse({}))).toBe('minute 0');
  expect(describeCalendar(parse({ minute: [30, 0], dayOfMonth: 1, month: ['JULY', 'JANUARY'] }))).toBe(
    'minute 0,30, dayOfMonth 1, month JANUARY,JULY',
  );
});

test('every minute is said by a word', () => {
  expect(describeCalendar(parse({ minute: 'every' }))).toBe('every minute');
  expect(describeCalendar(parse({ minute: 'every', hour: 2 }))).toBe('hour 2');
});

test('ranges, steps, overlaps and lists of the same times read the same', () => {
  const listed = parse({ hour: [1, 2, 3], dayOfWeek: ['MONDAY', 'TUESDAY'] });
  const ranged: CalendarSpecDescription = {
    ...listed,
    hour: [
      { start: 2, end: 3, step: 1 },
      { start: 1, end: 3, step: 2 },
    ],
    dayOfWeek: [{ start: 'MONDAY', end: 'TUESDAY', step: 1 }],
  };
  expect(describeCalendar(ranged)).toBe(describeCalendar(listed));
});

test('every value of a field one by one is as good as none', () => {
  const everyHour = Array.from({ length: 24 }, (_, hour) => hour);
  expect(describeCalendar(parse({ hour: everyHour }))).toBe(describeCalendar(parse({})));
});

test('a year and a second other than zero are not overlooked', () => {
  const calendar = {
    ...parse({ hour: 2 }),
    second: [{ start: 30, end: 30, step: 1 }],
    year: [{ start: 2030, end: 2030, step: 1 }],
  };
  expect(describeCalendar(calendar)).toBe('second 30, minute 0, hour 2, year 2030-2030/1');
});
