import { z } from 'zod';
import type { BackupSubject } from '../model/keys.js';
import type { WantedTimes } from '../model/lock-dates.js';
import type { RetentionPolicy } from '../model/retention.js';
import type { ScheduleConfiguration } from '../model/schedule-configuration.js';
import type { Configuration } from './schema.js';

const count = z.int().min(0);
const base = z.int().min(1);

/** How many backups are kept. */
export const retention = z.strictObject({
  daily: z.int().min(1).default(7),
  weekly: count.default(4),
  monthly: count.default(12),
  base: base.default(4).describe('base backups, with the WAL since the oldest of them'),
  test: z
    .strictObject({
      daily: z.int().min(1).default(2),
      weekly: count.default(0),
      monthly: count.default(0),
      base: base.default(1),
    })
    .prefault({})
    .describe('the same of servers and databases with environment: test'),
});

/** What a server's data is for; a database's own says it for that database. */
export const environment = z
  .enum(['production', 'test'])
  .describe('test: kept as retention.test says (default: production)');

/** How many backups of a database are kept; of the server's globals and base backups where none is named. */
export function resolveRetention(
  { retention: { test, ...production }, servers }: Pick<Configuration, 'retention' | 'servers'>,
  serverName: string,
  databaseName?: string,
): RetentionPolicy & { base: number } {
  const server = servers.find(({ name }) => name === serverName);
  const database = server?.databases?.find(({ name }) => name === databaseName);
  const own = database && 'environment' in database ? database.environment : undefined;
  return (own ?? server?.environment) === 'test' ? test : production;
}

/** What pruning a server's backups goes by. */
export function pruneRules(
  configuration: Pick<Configuration, 'retention' | 'servers'>,
  server: string,
): { policyOf: (subject: BackupSubject) => RetentionPolicy; base: number } {
  const databaseOf = (subject: BackupSubject) => (subject.kind === 'database' ? subject.database : undefined);
  return {
    policyOf: (subject) => resolveRetention(configuration, server, databaseOf(subject)),
    base: resolveRetention(configuration, server).base,
  };
}

/** Days between two base backups where no schedule says: they are made on Sundays. */
const WEEK = 7;

/** Days at most between two base backups of a server, as far as its schedule tells. */
function baseIntervalOf(schedules: Record<string, ScheduleConfiguration>, server: string): number {
  const schedule = Object.entries(schedules).find(
    ([name, { workflow, server: wanted = server }]) =>
      (workflow ?? name) === (workflow ? 'backupCluster' : 'base') && wanted === server,
  )?.[1];
  if (!schedule || schedule.dayOfWeek !== undefined) return WEEK;
  if (schedule.month !== undefined) return 366;
  return schedule.dayOfMonth === undefined ? 1 : 31;
}

/**
 * How long everything is wanted, by the configuration. Base backups made more often than weekly may hold only the changes
 * since others, for a week at most: these are wanted for as much longer.
 */
export function wantedTimes(
  configuration: Pick<Configuration, 'retention' | 'servers' | 'schedules'>,
): WantedTimes {
  return {
    policyOf: (server, database) => resolveRetention(configuration, server, database),
    baseDaysOf: (server) => {
      const interval = baseIntervalOf(configuration.schedules, server);
      return resolveRetention(configuration, server).base * interval + (interval < WEEK ? WEEK : 0);
    },
    longest: configuration.retention,
  };
}
