import { Command } from 'commander';
import { withOwnAudit } from '../../audit/write-down.js';
import { withTemporal } from '../../connect.js';
import { action } from '../../context.js';
import { print, printJson } from '../../output.js';
import { requireSchedule } from '../../schedules/find-schedules.js';

export const pause = new Command('pause')
  .description('stop a schedule from starting runs until it is resumed; a run in progress goes on')
  .argument('<name>', 'what backups.yaml calls it')
  .option('--note <text>', 'why, shown in the Temporal UI (default: by whom)')
  .addHelpText(
    'after',
    `
Example:
  temponest-backups schedules pause nightly --note 'PostgreSQL upgrade, until Thursday'`,
  )
  .action(
    action(async (context, name: string, { note }: { note?: string }): Promise<undefined> => {
      await withTemporal(context.environment, async (client) => {
        const { scheduleId } = await requireSchedule(client, name);
        const schedule = client.schedule.getHandle(scheduleId);
        await withOwnAudit(
          context,
          {
            ...{ action: 'schedule', facts: { paused: name } },
            ...(note === undefined ? {} : { reason: note }),
          },
          () => schedule.pause(note ?? `Paused by ${context.environment.identity}`),
        );
        if (context.json) printJson({ id: scheduleId, paused: true });
        else
          print(
            `Schedule ${scheduleId} is paused; resume it with "temponest-backups schedules resume ${name}".`,
          );
      });
    }),
  );
