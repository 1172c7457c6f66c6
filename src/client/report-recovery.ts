import type { ServerRecoveryResult } from '../model/cutover.js';
import type { RecoveryPlan, RecoveryResult } from '../model/recovery.js';
import { describeTarget } from '../model/recovery-target.js';
import type { ExitCode } from './context.js';
import { describeReplaced } from './describe-replaced.js';
import { count, formatAge, formatBytes, print, printJson } from './output.js';

/** Prints what a recovery did or, after a dry run, would do. */
export function reportRecovery(result: RecoveryResult, { json }: { json: boolean }): ExitCode {
  if (json) printJson(result);
  else for (const line of result.dryRun ? describePlan(result.plan) : describeRecovered(result)) print(line);
  return 0;
}

/** Prints how a lost server was recovered and put in its place. */
export function reportServerRecovery(result: ServerRecoveryResult, { json }: { json: boolean }): ExitCode {
  if (json) printJson(result);
  else {
    for (const line of result.dryRun ? describePlan(result.plan) : describeRecovered(result)) print(line);
    for (const { step, seconds } of result.cutover) print(`Done: ${step} (${seconds.toFixed(1)} s).`);
  }
  return 0;
}

function describePlan(plan: RecoveryPlan): string[] {
  const { baseBackup, wal, outcome, approval, target, missingStagingBytes } = plan;
  return [
    `Recovers  server ${plan.server} to ${describeTarget(target)}, from store ${plan.store}`,
    `Base      ${baseBackup.id}, of ${baseBackup.stopTime}: ${formatBytes(baseBackup.bytes)} stored, ${formatBytes(baseBackup.dataBytes)} of data`,
    `WAL       ${count(wal.segments, 'segment')} on timeline ${wal.timeline}, up to ${wal.last ?? 'none'}: ${formatBytes(wal.bytes)} stored`,
    ...describeOutcome(outcome),
    `Approval  ${approval.needed === 0 ? 'none needed' : `${count(approval.needed, 'person')}, asked by ${approval.provider}`}`,
    `Takes up  ${formatBytes(plan.stagingBytes)} of staging${missingStagingBytes > 0 ? `, ${formatBytes(missingStagingBytes)} more than there are` : ''}, and about ${formatAge(plan.estimatedSeconds)}`,
  ];
}

function describeOutcome(outcome: RecoveryPlan['outcome']): string[] {
  switch (outcome.kind) {
    case 'directory':
      return [`Into      ${outcome.directory}, on the restore worker`];
    case 'server':
      return [`Into      server ${outcome.into}, which is empty: all roles and databases`];
    case 'database': {
      const { database, into, replaces } = outcome;
      return [
        `Takes     database ${database}`,
        `Into      server ${into.server}, database ${into.database}`,
        ...(replaces
          ? [
              `Replaces  ${replaces.database} (${formatBytes(replaces.bytes)}), which is kept as ${replaces.becomes}`,
            ]
          : []),
      ];
    }
  }
}

function describeRecovered(result: RecoveryResult): string[] {
  const { plan, reached, handedOver, filled, restored, replaced, approvedBy, notes, secondsPerStep } = result;
  const steps = Object.entries(secondsPerStep).map(([step, seconds]) => `${step} ${seconds.toFixed(1)} s`);
  return [
    ...(reached
      ? [
          `Server ${plan.server} was recovered to ${describeTarget(plan.target)}, at LSN ${reached.lsn}${reached.lastTransaction === undefined ? '' : `; the last transaction in it ended at ${reached.lastTransaction}`}.`,
        ]
      : []),
    ...(handedOver
      ? [
          `It is in ${handedOver.directory}, which belongs to user ${handedOver.owner}; start PostgreSQL ${plan.major} on it. It begins timeline ${reached?.timeline}: make a new base backup of it at once.`,
        ]
      : []),
    ...(filled
      ? [
          `Server ${filled.server} has ${count(filled.roles, 'role')} and ${count(filled.databases.length, 'database')} of it: ${filled.databases.join(', ')}; ${count(filled.tables, 'table')} with ${count(filled.rows, 'row')}, compared row for row. Make a base backup of it at once.`,
          ...filled.notes,
        ]
      : []),
    ...(restored
      ? [
          `Database ${restored.database} on server ${restored.server} is ${plan.outcome.kind === 'database' ? plan.outcome.database : ''} as it was then: ${count(restored.tables, 'table')} with ${count(restored.rows, 'row')}, compared row for row.`,
          ...restored.notes,
        ]
      : []),
    ...notes,
    ...(approvedBy.length > 0 ? [`Approved by ${approvedBy.join(' and ')}.`] : []),
    ...describeReplaced(replaced),
    `Steps: ${steps.join(', ')}.`,
  ];
}
