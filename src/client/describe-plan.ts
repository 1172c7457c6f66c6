import type { RestorePlan } from '../model/restore.js';
import { count, formatAge, formatBytes } from './output.js';

/** The part of a plan that is known without Temporal, too. */
export type RestoreOutline = Pick<
  RestorePlan,
  'backup' | 'store' | 'passedOver' | 'into' | 'mode' | 'tables' | 'createRoles' | 'replaces' | 'missing'
>;

/**
 * Describes for people what a restore would do.
 *
 * @param more - lines of the same form for what else is known
 */
export function describePlan(plan: RestoreOutline, more: readonly string[] = []): string[] {
  const { backup, into, replaces, tables, missing } = plan;
  const what = tables
    ? tables.map(({ schema, name }) => `${schema}.${name}`).join(', ')
    : `${count(backup.tables, 'table')}, ${count(backup.rows, 'row')}`;
  const lacks = [
    ...missing.roles.map((role) => `role ${role}${plan.createRoles ? ' (will be made)' : ''}`),
    ...missing.extensions.map((extension) => `extension ${extension}`),
    ...(missing.stagingBytes > 0 ? [`${formatBytes(missing.stagingBytes)} of staging`] : []),
  ];
  return [
    `Backup    ${backup.id}, of ${backup.snapshotTime}, ${formatAge(backup.ageSeconds)} old, from store ${plan.store}`,
    `Size      ${formatBytes(backup.bytes)} stored, ${formatBytes(backup.dumpBytes)} as a dump`,
    `Restores  ${what}`,
    `Into      server ${into.server}, database ${into.database}`,
    ...(replaces
      ? [
          `Replaces  ${replaces.database} (${formatBytes(replaces.bytes)}), which is kept as ${replaces.becomes}`,
        ]
      : []),
    ...more,
    ...(plan.passedOver ?? []).map((reason) => `Note      ${reason}`),
    `Lacks     ${lacks.length === 0 ? 'nothing' : lacks.join(', ')}`,
  ];
}
