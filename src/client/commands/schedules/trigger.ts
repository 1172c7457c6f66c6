import { Command } from 'commander';
import { withTemporal } from '../../connect.js';
import { action } from '../../context.js';
import { followToReport, reportDetached } from '../../follow-to-report.js';
import { requireSchedule } from '../../schedules/find-schedules.js';
import { triggerSchedule } from '../../schedules/trigger-schedule.js';

export const trigger = new Command('trigger')
  .description('start a schedule’s run now, through Temporal’s scheduler, and follow it')
  .argument('<name>', 'what backups.yaml calls it')
  .option('--detach', 'start the run and do not wait for it')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups schedules trigger nightly
  temponest-backups schedules trigger nightly --detach --json | jq -r .workflowId

Ctrl-C detaches: the run goes on. A paused schedule can be triggered too; one whose last run has not ended cannot.`,
  )
  .action(
    action((context, name: string, { detach }: { detach?: boolean }) =>
      withTemporal(context.environment, async (client) => {
        const run = await triggerSchedule(client, await requireSchedule(client, name));
        return detach ? reportDetached(run, context) : followToReport(client, run, context);
      }),
    ),
  );
