import type { RecoverToPointInTimeArgument } from './arguments.js';
import { OperationError } from './failures.js';
import { formatMoment, parseMoment, toMoment } from './moment.js';
import type { RecoveryTarget } from './recovery-target.js';

/**
 * The target that an argument names.
 *
 * @param now - the present moment: what is to come cannot be recovered to
 * @throws OperationError `InvalidArgument`
 */
export function targetOf(
  {
    targetTime,
    targetLsn,
    targetName,
  }: Pick<RecoverToPointInTimeArgument, 'targetTime' | 'targetLsn' | 'targetName'>,
  now: Date,
): RecoveryTarget {
  if (targetLsn !== undefined) return { kind: 'lsn', lsn: targetLsn.toUpperCase() };
  if (targetName !== undefined) return { kind: 'name', name: targetName };
  if (targetTime === undefined) return { kind: 'end' };
  const moment = parseMoment(targetTime);
  if (moment === undefined)
    throw new OperationError(
      'InvalidArgument',
      `targetTime: ${targetTime} is no time; write it like 2026-03-04T14:29:00Z, with its zone.`,
    );
  if (moment > toMoment(now))
    throw new OperationError(
      'InvalidArgument',
      `targetTime: ${formatMoment(moment)} is in the future (it is ${now.toISOString()}); name a moment that has passed, and check the zone.`,
    );
  return { kind: 'time', time: formatMoment(moment) };
}

/**
 * Refuses what does not go together.
 *
 * @throws OperationError `InvalidArgument`
 */
export function requireOutcome({ database, into, mode }: RecoverToPointInTimeArgument): void {
  const fault =
    database === undefined && (into?.directory === undefined) === (into?.server === undefined)
      ? 'into: needs one of directory and server for a whole server; name the data directory to make or the empty server to fill, or a database to take out of it'
      : database !== undefined && into?.directory !== undefined
        ? 'into.directory: is for a whole server; leave it out, or the database'
        : database === undefined && (mode !== undefined || into?.database !== undefined)
          ? 'mode, into.database: are for one database; name it in "database"'
          : undefined;
  if (fault !== undefined) throw new OperationError('InvalidArgument', `${fault}.`);
}
