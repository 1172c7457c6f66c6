import { Command } from 'commander';
import { withOwnAudit } from '../../audit/write-down.js';
import { withTemporal } from '../../connect.js';
import { action } from '../../context.js';
import { formatTime, print, printJson } from '../../output.js';
import { requireSchedule } from '../../schedules/find-schedules.js';

export const resume = new Command('resume')
  .description('let a paused schedule start runs again')
  .argument('<name>', 'what backups.yaml calls it')
  .addHelpText(
    'after',
    `
Example:
  temponest-backups schedules resume nightly`,
  )
  .action(
    action(async (context, name: string): Promise<undefined> => {
      await withTemporal(context.environment, async (client) => {
        const { scheduleId, info } = await requireSchedule(client, name);
        const schedule = client.schedule.getHandle(scheduleId);
        await withOwnAudit(context, { action: 'schedule', facts: { resumed: name } }, () =>
          schedule.unpause(`Resumed by ${context.environment.identity}`),
        );
        const [next] = info.nextActionTimes;
        if (context.json) printJson({ id: scheduleId, paused: false });
        else print(`Schedule ${scheduleId} runs again${next ? `, next at ${formatTime(next)}` : ''}.`);
      });
    }),
  );
