import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { operationId } from '../model/queues.js';
import { walHeartbeat, type WalHeartbeat } from '../model/wal-plan.js';

/** What Temporal knows of a server's archiver. */
export interface ArchiverStatus {
  isRunning: boolean;
  since?: string;
  heartbeat?: WalHeartbeat;
  /** What its last attempt failed with. */
  trouble?: string;
}

/** Asks Temporal for the archiver of a server. */
export async function readArchiver(temporal: Client, server: string): Promise<ArchiverStatus> {
  try {
    const handle = temporal.workflow.getHandle(operationId({ kind: 'wal', server }));
    const { status, startTime, raw } = await handle.describe();
    const [activity] = raw.pendingActivities ?? [];
    const payload = activity?.heartbeatDetails?.payloads?.[0];
    const heartbeat = walHeartbeat.safeParse(payload && defaultPayloadConverter.fromPayload(payload)).data;
    return {
      isRunning: status.name === 'RUNNING',
      since: startTime.toISOString(),
      ...(heartbeat ? { heartbeat } : {}),
      ...(activity?.lastFailure?.message ? { trouble: activity.lastFailure.message } : {}),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { isRunning: false };
    throw error;
  }
}
