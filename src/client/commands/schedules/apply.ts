import { Command } from 'commander';
import { withOwnAudit } from '../../audit/write-down.js';
import { withTemporal } from '../../connect.js';
import { action } from '../../context.js';
import { count, print, printJson } from '../../output.js';
import { applySchedules, planSchedules, type SchedulesPlan } from '../../schedules/apply-schedules.js';
import { declaredSchedules } from '../../schedules/declared-schedules.js';
import type { ScheduleChange } from '../../schedules/diff-schedules.js';

const signs = { created: '+', changed: '~', removed: '-', unchanged: '=' } as const;

function describeChange({ name, change, fields, paused }: ScheduleChange): string[] {
  const lines = fields
    .filter(({ new: wanted }) => change !== 'created' || wanted !== 'none')
    .map(
      ({ field, old, new: wanted }) =>
        `    ${field}: ${change === 'created' ? wanted : `${old} -> ${wanted}`}`,
    );
  return [
    `${signs[change]} ${name}: ${change}${paused && change !== 'removed' ? ' (paused, and stays so)' : ''}`,
    ...lines,
  ];
}

function printPlan({ changes, foreign }: SchedulesPlan): void {
  changes.flatMap(describeChange).forEach(print);
  foreign.forEach((id) => print(`  ${id}: left alone, it was not made by "schedules apply"`));
}

function conclude({ changes }: SchedulesPlan, dryRun: boolean): string {
  const changed = changes.filter(({ change }) => change !== 'unchanged').length;
  if (changed === 0) return 'Nothing to change.';
  return `${count(changed, 'schedule')} ${dryRun ? 'to change; nothing was changed (--dry-run)' : 'changed'}.`;
}

/** What changes, for whoever asks later: the names under each kind of change. */
function factsOf({ changes }: SchedulesPlan): Record<string, string> {
  const kinds = ['created', 'changed', 'removed'] as const;
  return Object.fromEntries(
    kinds
      .map((kind) => [kind, changes.filter(({ change }) => change === kind).map(({ name }) => name)] as const)
      .filter(([, names]) => names.length > 0)
      .map(([kind, names]) => [kind, names.join(', ')]),
  );
}

export const apply = new Command('apply')
  .description('make the schedules in Temporal those that backups.yaml declares')
  .option('--dry-run', 'only show what would change')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups schedules apply --dry-run
  temponest-backups schedules apply

Only schedules that this command made are changed or removed. A pause and its note stay as they are; what was changed
in the Temporal UI is put right.`,
  )
  .action(
    action(async (context, { dryRun = false }: { dryRun?: boolean }): Promise<undefined> => {
      const declared = declaredSchedules(await context.loadConfiguration());
      await withTemporal(context.environment, async (client) => {
        const plan = await planSchedules(client, declared);
        if (!context.json) printPlan(plan);
        const facts = factsOf(plan);
        if (!dryRun && Object.keys(facts).length > 0)
          await withOwnAudit(context, { action: 'schedule', facts }, () =>
            applySchedules(client, declared, plan.changes),
          );
        if (context.json) printJson({ dryRun, ...plan });
        else print(conclude(plan, dryRun));
      });
    }),
  );
