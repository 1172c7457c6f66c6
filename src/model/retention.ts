/** A backup as far as retention is concerned: which one it is, and the moment it is of. */
export interface DatedBackup {
  id: string;
  time: Date;
}

/** How many days, weeks and months keep a backup; zero switches a rule off. */
export interface RetentionPolicy {
  daily: number;
  weekly: number;
  monthly: number;
}

/** What becomes of one backup, and every rule that keeps it; `['expired']` when none does. */
export interface Retention {
  id: string;
  keep: boolean;
  rules: string[];
}

/** A rule of retention: how time is cut into periods, and which day of a period is the one to have. */
interface PeriodRule {
  rule: keyof RetentionPolicy;
  /** A number for the period that `day` is in, growing with time. */
  periodOf: (day: number) => number;
  /** How many days `day` is from the period's favourite. */
  daysFromFavourite: (day: number) => number;
  /** When `count` periods have passed since `time`. */
  endAfter: (time: Date, count: number) => Date;
}

export const MILLISECONDS_PER_DAY = 86_400_000;

/** Days since 1970-01-01, a Thursday; UTC, so a day has 24 hours whatever the clocks on the wall do. */
function dayOf(time: Date): number {
  return Math.floor(time.getTime() / MILLISECONDS_PER_DAY);
}

/** Weeks are Monday to Sunday: the first Sunday of 1970 was day 3. */
const weekOf = (day: number) => Math.floor((day + 3) / 7);
const sundayOf = (day: number) => weekOf(day) * 7 + 3;

function monthOf(day: number): number {
  const date = new Date(day * MILLISECONDS_PER_DAY);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function firstSundayOfMonth(day: number): number {
  const dayOfMonth = new Date(day * MILLISECONDS_PER_DAY).getUTCDate();
  return sundayOf(day - dayOfMonth + 1);
}

/** `days` later, to the second. */
export function addDays(time: Date, days: number): Date {
  return new Date(time.getTime() + days * MILLISECONDS_PER_DAY);
}

/** The same day and hour `months` later; where that month has no such day, its last. */
function addMonths(time: Date, months: number): Date {
  const later = new Date(time);
  later.setUTCMonth(time.getUTCMonth() + months);
  if (later.getUTCDate() !== time.getUTCDate()) later.setUTCDate(0);
  return later;
}

const periodRules: PeriodRule[] = [
  { rule: 'daily', periodOf: (day) => day, daysFromFavourite: () => 0, endAfter: addDays },
  {
    rule: 'weekly',
    periodOf: weekOf,
    daysFromFavourite: (day) => sundayOf(day) - day,
    endAfter: (time, count) => addDays(time, 7 * count),
  },
  {
    rule: 'monthly',
    periodOf: monthOf,
    daysFromFavourite: (day) => Math.abs(day - firstSundayOfMonth(day)),
    endAfter: addMonths,
  },
];

const latest = (times: readonly Date[]) => new Date(Math.max(...times.map((time) => time.getTime())));

/**
 * Until when a backup is wanted, as far as is known when it is made: for `monthly` months when it is of the first Sunday of
 * its month, for `weekly` weeks when it is of a Sunday, and for `daily` days in any case. {@link decideRetention} may keep
 * it for longer: where the other days of its week or month have none, or no newer ones came.
 */
export function wantedUntil(time: Date, policy: RetentionPolicy): Date {
  const day = dayOf(time);
  const rules = periodRules.filter(({ daysFromFavourite }) => daysFromFavourite(day) === 0);
  return latest(rules.map(({ rule, endAfter }) => endAfter(time, policy[rule])));
}

/** Until when the backup would be wanted that is kept for longest, were it made at `time`. */
export function longestWantedUntil(time: Date, policy: RetentionPolicy): Date {
  return latest(periodRules.map(({ rule, endAfter }) => endAfter(time, policy[rule])));
}

/** How far two clocks may be apart. */
const CLOCK_TOLERANCE = 3_600_000;

/**
 * Whether a time that a backup was given lies in the future, so that a clock was or is wrong. Such a backup must not pass
 * for the newest: it would hide how old the others are, and take the periods of those that are made now.
 */
export function isFromFuture(time: Date, now: Date): boolean {
  return time.getTime() - now.getTime() > CLOCK_TOLERANCE;
}

function compareNewestFirst(one: DatedBackup, other: DatedBackup): number {
  return other.time.getTime() - one.time.getTime() || (one.id < other.id ? 1 : -1);
}

/** The representative of each of the last `count` periods that have a backup. */
function chooseRepresentatives(newestFirst: DatedBackup[], rule: PeriodRule, count: number): DatedBackup[] {
  const byPeriod = new Map<number, { backup: DatedBackup; day: number; distance: number }>();
  for (const backup of newestFirst) {
    const day = dayOf(backup.time);
    const distance = rule.daysFromFavourite(day);
    const best = byPeriod.get(rule.periodOf(day));
    // An earlier day at the same distance wins; on the same day the one seen first, the newest, stays.
    if (!best || distance < best.distance || (distance === best.distance && day < best.day))
      byPeriod.set(rule.periodOf(day), { backup, day, distance });
  }
  return [...byPeriod.values()].slice(0, count).map(({ backup }) => backup);
}

/**
 * Decides which backups of one subject (a database, or a server's globals) stay.
 *
 * - `daily`: the newest backup of each of the last `policy.daily` days that have one.
 * - `weekly`: one for each of the last `policy.weekly` weeks that have one: Sunday's, else the nearest to it. Weeks run
 *   from Monday to Sunday.
 * - `monthly`: one for each of the last `policy.monthly` months that have one: that of the month's first Sunday, else of
 *   the day nearest to it in the month, of two equally near the earlier.
 * - `newest`: the newest of all, whatever the policy.
 * - the reason that `untouchable` gives, for as long as it gives one.
 *
 * Days, weeks and months are UTC. A day with several backups is represented by its newest. Only periods that have a
 * backup count, so a pause of any length, and pruning again and again in it, deletes nothing.
 *
 * **What is deleted today is never what a rule would have wanted tomorrow.** Within a period the candidates have one
 * fixed order (distance of the day, then the earlier day, then the later time) that no other backup changes: a backup that
 * lost its period to a better one has lost it for good. And a period that dropped out of the last N stays out, because new
 * backups can only add periods. So whatever was pruned before, and however often, the result is the one that a store
 * which had kept everything would give, together with what is untouchable and not yet deleted. This holds for the policy
 * as it is: raising a number does not bring back what the lower one let go.
 *
 * @param backups - all backups of the subject, in any order
 * @param untouchable - id → why it must stay (`proven`, `locked`, `in use`), whatever the rules say; other ids are ignored
 * @returns one entry per backup, newest first
 */
export function decideRetention(
  backups: readonly DatedBackup[],
  policy: RetentionPolicy,
  untouchable: ReadonlyMap<string, string>,
): Retention[] {
  const newestFirst = [...backups].sort(compareNewestFirst);
  const rulesOf = new Map<string, string[]>(newestFirst.map(({ id }) => [id, []]));
  for (const rule of periodRules)
    for (const { id } of chooseRepresentatives(newestFirst, rule, policy[rule.rule]))
      rulesOf.get(id)!.push(rule.rule);
  for (const { id } of newestFirst.slice(0, 1)) rulesOf.get(id)!.push('newest');
  for (const [id, reason] of untouchable) rulesOf.get(id)?.push(reason);
  return [...rulesOf].map(([id, rules]) =>
    rules.length > 0 ? { id, keep: true, rules } : { id, keep: false, rules: ['expired'] },
  );
}
