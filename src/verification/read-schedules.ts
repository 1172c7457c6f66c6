import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import { SCHEDULE_PREFIX } from '../model/schedule-configuration.js';

/** What Temporal knows of a schedule that backups.yaml declares. */
export interface ScheduleState {
  /** As backups.yaml calls it. */
  name: string;
  /** Absent when Temporal has no such schedule. */
  found?: {
    workflowType: string;
    isPaused: boolean;
    /** When it starts its workflow next; absent when it never does. */
    next?: Date;
    /** Runs that were never started: the run before was still going on, or Temporal was down for too long. */
    skipped: { overlap: number; catchup: number };
  };
}

/** Asks Temporal for the schedules of those names. */
export async function readSchedules(temporal: Client, names: readonly string[]): Promise<ScheduleState[]> {
  return Promise.all(
    names.map(async (name) => {
      const schedule = await describeIfPresent(temporal, `${SCHEDULE_PREFIX}${name}`);
      if (!schedule) return { name };
      const { action, state, info } = schedule;
      const [next] = info.nextActionTimes;
      return {
        name,
        found: {
          workflowType: action.workflowType,
          isPaused: state.paused,
          ...(next ? { next } : {}),
          skipped: { overlap: info.numActionsSkippedOverlap, catchup: info.numActionsMissedCatchupWindow },
        },
      };
    }),
  );
}

async function describeIfPresent(temporal: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await temporal.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
