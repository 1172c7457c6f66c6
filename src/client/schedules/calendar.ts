import { DAYS_OF_WEEK, MONTHS, type CalendarSpecDescription, type Range } from '@temporalio/client';
import type { ScheduleConfiguration } from '../../model/schedule-configuration.js';

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Every value that a field can have, in order. Years have no end, so they are not here. */
const domains = {
  second: numbers(0, 59),
  minute: numbers(0, 59),
  hour: numbers(0, 23),
  dayOfMonth: numbers(1, 31),
  month: MONTHS,
  dayOfWeek: DAYS_OF_WEEK,
} as const;

type Unit = number | string;

/** A configured field as ranges; left out it is the whole of its domain. */
function toRanges<U extends Unit>(value: U | U[] | undefined, domain: readonly U[]): Range<U>[] {
  if (value === undefined) return [{ start: domain[0]!, end: domain.at(-1)!, step: 1 }];
  return [value].flat().map((one) => ({ start: one as U, end: one as U, step: 1 }));
}

/** A configured schedule's times in the form in which Temporal gives a calendar back. */
export function toCalendar(schedule: ScheduleConfiguration): CalendarSpecDescription {
  return {
    second: toRanges(0, domains.second),
    minute: toRanges(schedule.minute === 'every' ? undefined : schedule.minute, domains.minute),
    hour: toRanges(schedule.hour, domains.hour),
    dayOfMonth: toRanges(schedule.dayOfMonth, domains.dayOfMonth),
    month: toRanges(schedule.month, domains.month),
    year: [],
    dayOfWeek: toRanges(schedule.dayOfWeek, domains.dayOfWeek),
  };
}

/** The values that ranges stand for, in the order of `domain`: `*` for all of them. */
function describeField<U extends Unit>(ranges: readonly Range<U>[], domain: readonly U[]): string {
  const covered = new Set<U>();
  for (const { start, end, step } of ranges)
    for (let index = domain.indexOf(start); index >= 0 && index <= domain.indexOf(end); index += step)
      covered.add(domain[index]!);
  if (covered.size === domain.length) return '*';
  return domain.filter((value) => covered.has(value)).join(',');
}

/**
 * A calendar as text that is the same for all ways of writing the same times: `minute 0, hour 2, dayOfWeek SUNDAY`. The
 * server writes ranges where a list was sent, and lists where a cron expression was.
 */
export function describeCalendar(calendar: CalendarSpecDescription): string {
  const fields = {
    second: describeField(calendar.second, domains.second),
    minute: describeField(calendar.minute, domains.minute),
    hour: describeField(calendar.hour, domains.hour),
    dayOfMonth: describeField(calendar.dayOfMonth, domains.dayOfMonth),
    month: describeField(calendar.month, domains.month),
    dayOfWeek: describeField(calendar.dayOfWeek, domains.dayOfWeek),
    year: calendar.year.map(({ start, end, step }) => `${start}-${end}/${step}`).join(',') || '*',
  };
  const limits = Object.entries(fields)
    .filter(([field, text]) => text !== '*' && !(field === 'second' && text === '0'))
    .map(([field, text]) => `${field} ${text}`);
  return limits.join(', ') || 'every minute';
}
