import { z } from 'zod';

/** One value or several of a calendar field. */
const oneOrMore = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1)]);

const days = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;
const months = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;

/**
 * When a schedule fires, in the terms of Temporal's calendar specification: a moment fits when every field does. What
 * is left out fits always, except `minute`, which is then 0 (`every` for each).
 *
 * @see https://typescript.temporal.io/api/interfaces/client.CalendarSpec
 */
export const scheduleConfiguration = z.strictObject({
  workflow: z
    .enum([
      'backupDatabases',
      'backupCluster',
      'archiveWal',
      'verifyBackups',
      'pruneBackups',
      'drillRestore',
      'drillDisasterRecovery',
    ])
    .optional()
    .describe('default: by the schedule’s name'),
  server: z.string().optional().describe('may be left out when one server is configured'),
  from: z.string().min(1).optional().describe('drills: name of the store to read; default: the primary'),
  hour: oneOrMore(z.int().min(0).max(23)).optional(),
  minute: z
    .union([z.literal('every'), oneOrMore(z.int().min(0).max(59))])
    .default(0)
    .describe('every: each minute'),
  dayOfWeek: oneOrMore(z.enum(days)).optional(),
  dayOfMonth: oneOrMore(z.int().min(1).max(31)).optional(),
  month: oneOrMore(z.enum(months)).optional(),
  timezone: z.string().default('UTC').describe('an IANA name; UTC has no night that comes twice'),
});

export type ScheduleConfiguration = z.infer<typeof scheduleConfiguration>;

/** The prefix of all schedule ids that `schedules apply` owns. */
export const SCHEDULE_PREFIX = 'temponest-backups/';

/** The workflow that each well-known schedule starts. */
export const scheduledWorkflows = {
  nightly: 'backupDatabases',
  prune: 'pruneBackups',
  base: 'backupCluster',
  wal: 'archiveWal',
  verify: 'verifyBackups',
  'drill-monthly': 'drillRestore',
  'drill-quarterly': 'drillDisasterRecovery',
  'drill-failover': 'drillDisasterRecovery',
} as const;
