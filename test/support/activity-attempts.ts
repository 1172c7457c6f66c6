import type { WorkflowHandle } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { waitUntil } from './wait-until.js';

/**
 * How many attempts each activity of a run took, by its name; of one that was scheduled several times, the sum.
 * A step that was finished when its worker died has one attempt: it was not done again.
 */
export async function countAttempts(handle: WorkflowHandle<Workflow>): Promise<Record<string, number>> {
  const { events } = await handle.fetchHistory();
  const nameOf = new Map<string, string>();
  const attempts: Record<string, number> = {};
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const started = event.activityTaskStartedEventAttributes;
    if (scheduled) nameOf.set(String(event.eventId), scheduled.activityType!.name!);
    if (!started) continue;
    const name = nameOf.get(String(started.scheduledEventId))!;
    attempts[name] = (attempts[name] ?? 0) + started.attempt!;
  }
  return attempts;
}

/** Waits until an attempt at the activity has failed and will be tried again, and answers with that failure. */
export async function waitForFailedAttempt(
  handle: WorkflowHandle,
  activity: string,
): Promise<{ type: string; message: string }> {
  return waitUntil(`an attempt at ${activity} has failed`, async () => {
    const { raw } = await handle.describe();
    const failure = raw.pendingActivities?.find(
      ({ activityType }) => activityType?.name === activity,
    )?.lastFailure;
    return failure && { type: failure.applicationFailureInfo?.type ?? '', message: failure.message ?? '' };
  });
}
