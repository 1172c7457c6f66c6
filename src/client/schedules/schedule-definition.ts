import {
  ScheduleOverlapPolicy,
  type CalendarSpecDescription,
  type ScheduleDescription,
} from '@temporalio/client';
import { MAIN_QUEUE } from '../../model/queues.js';
import { describeCalendar, toCalendar } from './calendar.js';
import type { DeclaredSchedule } from './declared-schedules.js';
import { toScheduleId } from './schedule-ids.js';

const HOUR = 3_600_000;

/**
 * A run that Temporal could not start on time, because it was down, is made up for when it is at most this late, in
 * milliseconds: until the early afternoon for a nightly one, and not at the height of the working day.
 */
const CATCHUP_WINDOW = 12 * HOUR;

/**
 * A run is over before the next night's, whatever it hangs on: under SKIP a hung one would suppress all that follow. Half
 * an hour before that the workflows give up by themselves (workflows/end-in-time.ts), to say so. Archiving WAL is never
 * over, and its schedule only starts it again should it have ended.
 */
const EXECUTION_TIMEOUT = 20 * HOUR;

/** A schedule as it is given to Temporal, but for its id, memo and state. */
export function defineSchedule({ name, workflow, server, times }: DeclaredSchedule) {
  return {
    spec: { calendars: [toCalendar(times)], timezone: times.timezone },
    action: {
      type: 'startWorkflow' as const,
      workflowType: workflow,
      workflowId: toScheduleId(name),
      taskQueue: MAIN_QUEUE,
      args: [{ server, ...(times.from === undefined ? {} : { from: times.from }) }],
      ...(workflow === 'archiveWal' ? {} : { workflowExecutionTimeout: EXECUTION_TIMEOUT }),
      memo: { requestedBy: `schedule ${toScheduleId(name)}` },
    },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: CATCHUP_WINDOW,
      pauseOnFailure: false,
    },
  };
}

export type ScheduleDefinition = ReturnType<typeof defineSchedule>;

/** What is compared of a schedule, by name, as text that is equal when the schedules do the same. */
export type ScheduleFacts = Record<string, string>;

const hours = (milliseconds: number | undefined) => (!milliseconds ? 'none' : `${milliseconds / HOUR} h`);

/** Temporal's default is UTC, and reads as an empty name. */
const describeTimezone = (timezone = '') => (timezone === '' ? 'UTC' : timezone);

const describeTimes = (calendars: readonly CalendarSpecDescription[]) =>
  calendars.map(describeCalendar).sort().join('; ') || 'never';

/** The facts of a schedule that is wanted. */
export function factsOfDefinition({ spec, action, policies }: ScheduleDefinition): ScheduleFacts {
  return {
    times: describeTimes(spec.calendars),
    timezone: describeTimezone(spec.timezone),
    'other times': 'none',
    workflow: action.workflowType,
    argument: JSON.stringify(action.args),
    'workflow id': action.workflowId,
    'task queue': action.taskQueue,
    'execution timeout': hours(action.workflowExecutionTimeout),
    'other timeouts': 'none',
    overlap: policies.overlap,
    'catch-up window': hours(policies.catchupWindow),
    'pause on failure': String(policies.pauseOnFailure),
    'remaining runs': 'unlimited',
  };
}

/** The facts of a schedule as Temporal has it, which somebody may have changed in the Temporal UI. */
export function factsOfDescription(schedule: ScheduleDescription): ScheduleFacts {
  const { spec, action, policies, state } = schedule;
  return {
    times: describeTimes(spec.calendars ?? []),
    timezone: describeTimezone(spec.timezone),
    'other times': describeOtherTimes(spec),
    workflow: action.workflowType,
    argument: JSON.stringify(action.args ?? []),
    'workflow id': action.workflowId ?? 'none',
    'task queue': action.taskQueue,
    'execution timeout': hours(action.workflowExecutionTimeout as number | undefined),
    'other timeouts': describeOtherTimeouts(action),
    overlap: policies.overlap ?? 'unspecified',
    'catch-up window': hours(policies.catchupWindow),
    'pause on failure': String(policies.pauseOnFailure),
    'remaining runs': state.remainingActions === undefined ? 'unlimited' : String(state.remainingActions),
  };
}

/** Everything that moves a schedule's times beside its calendars; backups.yaml declares none of it. */
function describeOtherTimes({
  intervals,
  skip,
  startAt,
  endAt,
  jitter,
}: ScheduleDescription['spec']): string {
  const others = [
    ...(intervals ?? []).map(({ every, offset }) => `every ${every} ms from ${offset ?? 0} ms`),
    ...(skip ?? []).map((calendar) => `except ${describeCalendar(calendar)}`),
    ...(startAt ? [`from ${startAt.toISOString()}`] : []),
    ...(endAt ? [`until ${endAt.toISOString()}`] : []),
    ...(jitter ? [`jitter ${jitter} ms`] : []),
  ];
  return others.join('; ') || 'none';
}

function describeOtherTimeouts({ workflowRunTimeout, retry }: ScheduleDescription['action']): string {
  const others = [
    ...(workflowRunTimeout ? [`run ${hours(workflowRunTimeout as number)}`] : []),
    ...(retry ? ['retried as a whole'] : []),
  ];
  return others.join('; ') || 'none';
}
