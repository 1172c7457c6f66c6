import type { RestorePlan, RestoreResult } from '../model/restore.js';
import type { ExitCode } from './context.js';
import { describePlan } from './describe-plan.js';
import { describeReplaced } from './describe-replaced.js';
import { count, print, printJson } from './output.js';

/** Prints what a restore did or, after a dry run, would do. */
export function reportRestore(result: RestoreResult, { json }: { json: boolean }): ExitCode {
  if (json) printJson(result);
  else for (const line of describe(result)) print(line);
  return 0;
}

function describe(result: RestoreResult): string[] {
  const { dryRun, plan } = result;
  return dryRun ? describePlan(plan, describeCircumstances(plan)) : describeRestored(result);
}

/** What only Temporal knows of a restore that is planned. */
function describeCircumstances({ replaces, approval, lastSeconds }: RestorePlan): string[] {
  return [
    ...(replaces
      ? [
          `Approval  ${approval.needed === 0 ? 'none needed' : `${count(approval.needed, 'person')}, asked by ${approval.provider}`}`,
        ]
      : []),
    `Took      ${lastSeconds === undefined ? 'not restored before' : `${lastSeconds.toFixed(0)} s the last time`}`,
  ];
}

function describeRestored({
  plan,
  restored,
  passedOver = [],
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
    ...passedOver,
    ...restored.notes,
    ...(roles ? describeRoles(roles) : []),
    ...(approvedBy.length > 0 ? [`Approved by ${approvedBy.join(' and ')}.`] : []),
    ...describeReplaced(replaced),
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
