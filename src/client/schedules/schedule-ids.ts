import { SCHEDULE_PREFIX } from '../../model/schedule-configuration.js';

/** The id of a schedule that is called `name` in backups.yaml; an id stays as it is. */
export function toScheduleId(name: string): string {
  return name.startsWith(SCHEDULE_PREFIX) ? name : SCHEDULE_PREFIX + name;
}

/** What backups.yaml calls the schedule with that id. */
export function toScheduleName(id: string): string {
  return id.slice(SCHEDULE_PREFIX.length);
}

/** In a schedule's memo: that `schedules apply` made it, and so may change and remove it. */
export const ownership = { managedBy: 'temponest-backups schedules apply' };

/** Whether `schedules apply` made a schedule. */
export function isOurs({ memo }: { memo?: Partial<Record<keyof typeof ownership, unknown>> }): boolean {
  return memo?.managedBy === ownership.managedBy;
}
