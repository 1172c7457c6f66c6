import type { DatedBackup, RetentionPolicy } from '../../src/model/retention.js';

/**
 * What retention would choose in a store that never deletes: written from the text of the rules, with calendar dates as
 * text and one look at a time, and sharing no code with what it judges. Backups are added oldest first.
 */
export class AllKeepingOracle {
  private readonly newestOfDay = new Map<string, DatedBackup>();
  private readonly daysOfWeek = new Map<string, string[]>();
  private readonly daysOfMonth = new Map<string, string[]>();
  private newest: DatedBackup | undefined;

  add(backup: DatedBackup): void {
    const day = backup.time.toISOString().slice(0, 10);
    if (!this.newestOfDay.has(day)) {
      append(this.daysOfWeek, sundayOnOrAfter(day), day);
      append(this.daysOfMonth, day.slice(0, 7), day);
    }
    this.newestOfDay.set(day, backup);
    this.newest = backup;
  }

  /** The ids to keep, sorted. */
  wanted(policy: RetentionPolicy): string[] {
    const last = <T>(items: Iterable<T>, count: number) => (count === 0 ? [] : [...items].slice(-count));
    const days = [
      ...last(this.newestOfDay.keys(), policy.daily),
      ...last(this.daysOfWeek, policy.weekly).map(([sunday, days]) => nearest(days, sunday)),
      ...last(this.daysOfMonth, policy.monthly).map(([month, days]) =>
        nearest(days, sundayOnOrAfter(`${month}-01`)),
      ),
    ];
    const kept = days.map((day) => this.newestOfDay.get(day)!.id);
    return [...new Set([...kept, ...(this.newest ? [this.newest.id] : [])])].sort();
  }
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  lists.set(key, [...(lists.get(key) ?? []), item]);
}

function addDays(day: string, count: number): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

function sundayOnOrAfter(day: string): string {
  const isSunday = new Date(`${day}T12:00:00Z`).getUTCDay() === 0;
  return isSunday ? day : sundayOnOrAfter(addDays(day, 1));
}

/** Walks outwards from `favourite`, the earlier side first. */
function nearest(days: string[], favourite: string): string {
  for (let distance = 0; ; distance++)
    for (const day of [addDays(favourite, -distance), addDays(favourite, distance)])
      if (days.includes(day)) return day;
}
