import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import { OperationError } from '../../model/failures.js';
import { SCHEDULE_PREFIX } from '../../model/schedule-configuration.js';
import { toScheduleId, toScheduleName } from './schedule-ids.js';

/** A schedule as the server has it now, or undefined when there is none. */
async function describeIfPresent(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Every schedule whose id has our prefix, whoever made it, in the order of their ids.
 *
 * The server's list lags behind: those named in `expected` are asked for one by one, and one that the list still shows
 * after its removal is left out.
 */
export async function findSchedules(
  client: Client,
  expected: readonly string[] = [],
): Promise<ScheduleDescription[]> {
  const ids = new Set(expected);
  for await (const { scheduleId } of client.schedule.list())
    if (scheduleId.startsWith(SCHEDULE_PREFIX)) ids.add(scheduleId);
  const found: ScheduleDescription[] = [];
  for (const id of [...ids].sort()) {
    const schedule = await describeIfPresent(client, id);
    if (schedule) found.push(schedule);
  }
  return found;
}

/**
 * The schedule that backups.yaml calls `name`.
 *
 * @throws OperationError `InvalidArgument` when Temporal has none of that name
 */
export async function requireSchedule(client: Client, name: string): Promise<ScheduleDescription> {
  const schedule = await describeIfPresent(client, toScheduleId(name));
  if (schedule) return schedule;
  const known = (await findSchedules(client)).map(({ scheduleId }) => toScheduleName(scheduleId));
  throw new OperationError(
    'InvalidArgument',
    `There is no schedule "${name}"; ${known.length > 0 ? `use one of: ${known.join(', ')}` : 'declare it in backups.yaml'}, or run "temponest-backups schedules apply".`,
  );
}
