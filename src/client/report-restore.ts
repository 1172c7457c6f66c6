import type { RestorePlan, RestoreResult } from '../model/restore.js';
import type { ExitCode } from './context.js';
import { count, formatAge, formatBytes, print, printJson } from './output.js';

/** Prints what a restore did or, after a dry run, would do. */
export function reportRestore(result: RestoreResult, { json }: { json: boolean }): ExitCode {
  if (json) printJson(result);
  else for (const line of result.dryRun ? describePlan(result.plan) : describeRestored(result)) print(line);
  return 0;
}

function describePlan(plan: RestorePlan): string[] {
  const { backup, into, replaces, tables, missing, approval, lastSeconds } = plan;
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
          `Approval  ${approval.needed === 0 ? 'none needed' : `${count(approval.needed, 'person')}, asked by ${approval.provider}`}`,
        ]
      : []),
    `Took      ${lastSeconds === undefined ? 'not restored before' : `${lastSeconds.toFixed(0)} s the last time`}`,
    `Lacks     ${lacks.length === 0 ? 'nothing' : lacks.join(', ')}`,
  ];
}

function describeRestored({
  plan,
  restored,
  replaced,
  roles,
  approvedBy,
  secondsPerStep,
}: RestoreResult): string[] {
  if (!restored) return [];
  const steps = Object.entries(secondsPerStep).map(([step, seconds]) => `${step} ${seconds.toFixed(1)} s`);
  return [
    `Database ${restored.database} on server ${restored.server} is backup ${plan.backup.id}: ` +
      `${count(restored.tables, 'table')} with ${count(restored.rows, 'row')}, identical to the backup’s inventory.`,
    ...restored.notes,
    ...(roles ? describeRoles(roles) : []),
    ...(approvedBy.length > 0 ? [`Approved by ${approvedBy.join(' and ')}.`] : []),
    ...(replaced
      ? [
          `What was there before is kept as ${replaced.database}. To undo the swap:`,
          `  ${replaced.undo}`,
          'When it is no longer needed, drop it.',
        ]
      : []),
    `Steps: ${steps.join(', ')}.`,
  ];
}

function describeRoles({ created, omittedMemberships }: NonNullable<RestoreResult['roles']>): string[] {
  return [
    `Made first, from the globals: ${created.map((role) => `role ${role}`).join(', ')}.`,
    ...omittedMemberships.map(
      ({ role, member }) => `Not made: the membership of ${member} in ${role}, which the server lacks.`,
    ),
  ];
}
