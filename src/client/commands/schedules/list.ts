import { Command } from 'commander';
import type { ScheduleDescription } from '@temporalio/client';
import { withTemporal } from '../../connect.js';
import { action } from '../../context.js';
import { formatTime, print, printJson, renderTable } from '../../output.js';
import { findSchedules } from '../../schedules/find-schedules.js';
import { factsOfDescription } from '../../schedules/schedule-definition.js';
import { isOurs, toScheduleName } from '../../schedules/schedule-ids.js';

function summarize(schedule: ScheduleDescription) {
  const { scheduleId, state, info, action: started } = schedule;
  const { times, timezone } = factsOfDescription(schedule);
  return {
    name: toScheduleName(scheduleId),
    id: scheduleId,
    workflow: started.workflowType,
    times: `${times} ${timezone}`,
    paused: state.paused,
    note: state.note ?? '',
    next: state.paused ? undefined : info.nextActionTimes[0]?.toISOString(),
    last: info.recentActions.at(-1)?.takenAt.toISOString(),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    skippedByOverlap: info.numActionsSkippedOverlap,
    missedCatchupWindow: info.numActionsMissedCatchupWindow,
    managed: isOurs(schedule),
  };
}

type Summary = ReturnType<typeof summarize>;

const time = (iso: string | undefined) => (iso === undefined ? '-' : formatTime(new Date(iso)));

function describeRow(schedule: Summary): string[] {
  const { name, workflow, times, paused, note, next, last, skippedByOverlap, missedCatchupWindow } = schedule;
  return [
    name,
    workflow,
    times,
    paused ? `paused${note === '' ? '' : `: ${note}`}` : time(next),
    time(last),
    `${skippedByOverlap} / ${missedCatchupWindow}`,
  ];
}

export const list = new Command('list')
  .description('list the schedules in Temporal, with their next and last runs')
  .addHelpText(
    'after',
    `
Example:
  temponest-backups schedules list

SKIPPED / MISSED counts the runs that did not start: the one before was still running, or Temporal was down too long.`,
  )
  .action(
    action(async (context): Promise<undefined> => {
      const schedules = await withTemporal(context.environment, async (client) =>
        (await findSchedules(client)).map(summarize),
      );
      if (context.json) printJson({ schedules });
      else if (schedules.length === 0)
        print('No schedules; declare them in backups.yaml and run "temponest-backups schedules apply".');
      else
        print(
          renderTable(
            ['SCHEDULE', 'WORKFLOW', 'TIMES', 'NEXT', 'LAST', 'SKIPPED / MISSED'],
            schedules.map(describeRow),
          ),
        );
    }),
  );
