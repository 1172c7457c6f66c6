import type { Client } from '@temporalio/client';
import { OperationError } from '../../model/failures.js';
import type { DeclaredSchedule } from './declared-schedules.js';
import { diffSchedules, type ExistingSchedule, type ScheduleChange } from './diff-schedules.js';
import { findSchedules } from './find-schedules.js';
import { defineSchedule, factsOfDefinition, factsOfDescription } from './schedule-definition.js';
import { isOurs, ownership, toScheduleId, toScheduleName } from './schedule-ids.js';

/** What `schedules apply` would do. */
export interface SchedulesPlan {
  changes: ScheduleChange[];
  /** Ids with our prefix that somebody else made: they are never touched. */
  foreign: string[];
}

/**
 * Compares what is declared with what Temporal has, changing nothing.
 *
 * @throws OperationError `InvalidConfiguration` when a declared name is taken by a schedule that somebody else made
 */
export async function planSchedules(
  client: Client,
  declared: readonly DeclaredSchedule[],
): Promise<SchedulesPlan> {
  const schedules = await findSchedules(
    client,
    declared.map(({ name }) => toScheduleId(name)),
  );
  const foreign = schedules.filter((schedule) => !isOurs(schedule)).map(({ scheduleId }) => scheduleId);
  const taken = declared.map(({ name }) => toScheduleId(name)).find((id) => foreign.includes(id));
  if (taken !== undefined)
    throw new OperationError(
      'InvalidConfiguration',
      `Schedule ${taken} exists and was not made by "schedules apply"; delete it in Temporal, or give the one in backups.yaml another name.`,
    );
  const existing = schedules
    .filter(isOurs)
    .map((schedule): [string, ExistingSchedule] => [
      toScheduleName(schedule.scheduleId),
      { facts: factsOfDescription(schedule), paused: schedule.state.paused },
    ]);
  const wanted = declared.map(
    (schedule) => [schedule.name, factsOfDefinition(defineSchedule(schedule))] as const,
  );
  return { changes: diffSchedules(new Map(wanted), new Map(existing)), foreign };
}

/** Makes Temporal's schedules those that are declared. Interrupted, it is run again. */
export async function applySchedules(
  client: Client,
  declared: readonly DeclaredSchedule[],
  changes: readonly ScheduleChange[],
): Promise<void> {
  const definitions = new Map(declared.map((schedule) => [schedule.name, defineSchedule(schedule)]));
  for (const { name, change } of changes) {
    const scheduleId = toScheduleId(name);
    if (change === 'created')
      await client.schedule.create({ scheduleId, memo: ownership, ...definitions.get(name)! });
    if (change === 'changed')
      await client.schedule.getHandle(scheduleId).update(({ state: { paused, note } }) => ({
        ...definitions.get(name)!,
        // What an operator did, and why, is not the configuration's to undo.
        state: { paused, ...(note === undefined ? {} : { note }) },
      }));
    if (change === 'removed') await client.schedule.getHandle(scheduleId).delete();
  }
}
