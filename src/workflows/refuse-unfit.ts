import type { RollForwardPlan } from '../model/recovery.js';
import type { RestorePlan } from '../model/restore.js';
import { fail } from './failures.js';

/**
 * Refuses a recovery for which there is no room.
 *
 * @throws ApplicationFailure `StagingTooSmall`
 */
export function refuseLackOfSpace({ missingStagingBytes, stagingBytes, id }: RollForwardPlan): void {
  if (missingStagingBytes === 0) return;
  throw fail(
    'StagingTooSmall',
    `Recovery ${id} needs ${stagingBytes} bytes of staging, ${missingStagingBytes} more than there are; enlarge the staging volume of the restore workers. Nothing was touched.`,
  );
}

/**
 * Refuses a restore that the target is not fit for, naming everything it lacks at once.
 *
 * @throws ApplicationFailure `TargetUnfit`
 */
export function refuseUnfit({ missing, createRoles, recovered, into, backup }: RestorePlan): void {
  const lacks = [
    ...(createRoles ? [] : describe('role', missing.roles)),
    ...describe('extension', missing.extensions),
    ...(missing.stagingBytes > 0 ? [`${missing.stagingBytes} more bytes on the staging volume`] : []),
  ];
  if (lacks.length === 0) return;
  const remedy =
    missing.roles.length > 0 && !createRoles && !recovered
      ? 'create them, or start again with "createRoles": true for the roles'
      : 'provide them, or restore into another server';
  throw fail(
    'TargetUnfit',
    `Server ${into.server} is not fit for backup ${backup.id}: it lacks ${lacks.join(', ')}; ${remedy}. Nothing was touched.`,
  );
}

function describe(kind: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `${kind}${names.length > 1 ? 's' : ''} ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`,
  ];
}
