import type { Environment } from '../../config/environment.js';
import { MAIN_QUEUE } from '../../model/queues.js';
import { withTemporal } from '../connect.js';
import { describeError } from '../report-error.js';
import { findSchedules } from '../schedules/find-schedules.js';
import { toScheduleName } from '../schedules/schedule-ids.js';

/** What Temporal knows of what runs and what will. */
export interface TemporalStatus {
  schedules: { name: string; paused: boolean; note?: string; next?: string }[];
  running: { workflowId: string; type: string; since: string }[];
  /** Why nothing is known. */
  fault?: string;
}

const RUNNING = `ExecutionStatus = 'Running' AND TaskQueue = '${MAIN_QUEUE}'`;

/** Asks Temporal; that it cannot be reached is part of the answer, since the backups are there all the same. */
export async function readTemporalStatus(environment: Environment): Promise<TemporalStatus> {
  try {
    return await withTemporal(environment, async (client) => {
      const schedules = (await findSchedules(client)).map(({ scheduleId, state, info }) => ({
        name: toScheduleName(scheduleId),
        paused: state.paused,
        ...(state.note === undefined ? {} : { note: state.note }),
        ...(info.nextActionTimes[0] ? { next: info.nextActionTimes[0].toISOString() } : {}),
      }));
      const running: TemporalStatus['running'] = [];
      for await (const { workflowId, type, startTime } of client.workflow.list({ query: RUNNING }))
        running.push({ workflowId, type, since: startTime.toISOString() });
      return { schedules, running };
    });
  } catch (error) {
    return { schedules: [], running: [], fault: describeError(error).message };
  }
}
