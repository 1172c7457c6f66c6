import { Registry } from 'prom-client';
import { addGauge, toTimestamp, type MetricsPart } from './part.js';
import type { ScheduleState } from '../verification/read-schedules.js';

/** Whether what should start by itself does. */
export function scheduleMetrics(
  readSchedules: (signal: AbortSignal) => Promise<ScheduleState[]>,
): MetricsPart {
  const registry = new Registry();
  const ok = addGauge(
    registry,
    'backup_schedule_ok',
    'Whether Temporal has the schedule, and it is not paused: 1 or 0',
    ['schedule', 'workflow'],
  );
  const next = addGauge(
    registry,
    'backup_schedule_next_timestamp',
    'When the schedule starts its workflow next, in seconds since 1970',
    ['schedule', 'workflow'],
  );
  const skipped = addGauge(
    registry,
    'backup_schedule_skipped_runs',
    'Runs that were never started, since the schedule was made: the one before still ran, or Temporal was down',
    ['schedule', 'workflow', 'reason'],
  );
  return {
    name: 'schedules',
    registry,
    async refresh(signal) {
      const found = (await readSchedules(signal)).map(({ name, found: schedule }) => ({
        labels: { schedule: name, workflow: schedule?.workflowType ?? '' },
        schedule,
      }));
      ok.replace(
        found.map(({ labels, schedule }) => [labels, Number(schedule !== undefined && !schedule.isPaused)]),
      );
      next.replace(
        found.flatMap(({ labels, schedule }) =>
          schedule?.next ? [[labels, toTimestamp(schedule.next)] as const] : [],
        ),
      );
      skipped.replace(
        found.flatMap(({ labels, schedule }) =>
          Object.entries(schedule?.skipped ?? {}).map(
            ([reason, count]) => [{ ...labels, reason }, count] as const,
          ),
        ),
      );
    },
  };
}
