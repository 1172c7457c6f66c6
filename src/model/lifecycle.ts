import type { WantedTimes } from './lock-dates.js';
import { longestWantedUntil, MILLISECONDS_PER_DAY } from './retention.js';
import type { StoreConfiguration } from './store-configuration.js';

/** What a store's provider does by itself to the objects below one prefix; days count from an object's creation. */
export interface LifecycleRule {
  /** Relative to the store's prefix, ending in a slash. */
  prefix: string;
  /** When what pruning should have deleted long ago goes. */
  expireAfterDays: number;
  /** When an upload is given up that was begun and never finished. */
  abortAfterDays: number;
  /** When objects move to a cheaper class. */
  transition?: { afterDays: number; storageClass: string };
}

/** What is kept as long as a backup of a database, and as long as base backups; reports, records and audit stay for good. */
const BACKUP_PREFIXES = ['postgres/', 'globals/'];
const PHYSICAL_PREFIXES = ['base/', 'wal/'];
export const lifecyclePrefixes = [...BACKUP_PREFIXES, ...PHYSICAL_PREFIXES];

/** Between the last day that anything may be wanted and the one on which the provider deletes it. */
const MARGIN_DAYS = 365;

/** Longer than the worker that was cancelled, or its sweep after 48 hours, needs. */
const ABORT_DAYS = 7;

/** The rules of one store. */
export function lifecycleRules(
  { lifecycle }: Pick<StoreConfiguration, 'lifecycle'>,
  wanted: WantedTimes,
  servers: readonly string[],
  now: Date,
): LifecycleRule[] {
  const backupDays =
    (longestWantedUntil(now, wanted.longest).getTime() - now.getTime()) / MILLISECONDS_PER_DAY;
  const physicalDays = Math.max(...servers.map((server) => wanted.baseDaysOf(server)));
  return lifecyclePrefixes.map((prefix) => {
    const transition = prefix === 'wal/' ? lifecycle?.wal : lifecycle?.backups;
    const days = PHYSICAL_PREFIXES.includes(prefix) ? physicalDays : backupDays;
    return {
      prefix,
      // Months differ in length: whole months of days, so that the rules are the same every day.
      expireAfterDays: Math.ceil(days / 31) * 31 + MARGIN_DAYS,
      abortAfterDays: ABORT_DAYS,
      ...(transition && { transition }),
    };
  });
}
