import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { z } from 'zod';
import { subjectName } from '../model/keys.js';
import { drillRungs, type DrillProgress, type DrillRung } from '../model/drill.js';
import type { BackupProgress, BackupsProgress } from '../model/results.js';
import type { RunProgress, SubjectProgress } from './progress.js';

/** How long a worker may take to answer a query, in milliseconds. */
const QUERY_TIMEOUT = 2000;

/** `temporal.api.enums.v1.TimeoutType.TIMEOUT_TYPE_HEARTBEAT` */
const HEARTBEAT_TIMEOUT = 4;

const heartbeat = z.object({ bytesDone: z.number(), bytesExpected: z.number() });

/** The workflow's answer to the query `progress`, or undefined when no worker gives one in time. */
async function queryProgress<T>(client: Client, workflowId: string): Promise<T | undefined> {
  try {
    return await client.withDeadline(Date.now() + QUERY_TIMEOUT, () =>
      client.workflow.getHandle(workflowId).query<T>('progress'),
    );
  } catch {
    return undefined;
  }
}

/** What the server knows of the step that runs now: the worker's last heartbeat, and what the last attempt failed with. */
function readPendingStep({ raw }: WorkflowExecutionDescription) {
  const [activity] = raw.pendingActivities ?? [];
  const payload = activity?.heartbeatDetails?.payloads?.[0];
  const beat = heartbeat.safeParse(payload ? defaultPayloadConverter.fromPayload(payload) : undefined).data;
  const failure = activity?.lastFailure;
  const isSilence = Number(failure?.timeoutFailureInfo?.timeoutType) === HEARTBEAT_TIMEOUT;
  const trouble = isSilence ? 'no sign of life from the worker' : failure?.message;
  return {
    ...beat,
    ...(trouble ? { trouble: `attempt ${activity!.attempt}, after: ${trouble}` } : {}),
  };
}

/** How far one backup is, by what its workflow and the server know; undefined when no worker answers. */
async function observeBackup(
  client: Client,
  workflowId: string,
): Promise<Omit<SubjectProgress, 'name'> | undefined> {
  const [progress, description] = await Promise.all([
    queryProgress<BackupProgress & { trouble?: string }>(client, workflowId),
    client.workflow.getHandle(workflowId).describe(),
  ]);
  if (!progress) return undefined;
  const { step, bytesExpected } = progress;
  if (step === 'committed' || step === 'failed' || step === 'cancelled')
    return { state: step, step, bytesDone: 0, bytesExpected: 0 };
  if (progress.workflowId !== undefined && progress.workflowId !== workflowId)
    return observeBackup(client, progress.workflowId);
  const known = progress.trouble === undefined ? {} : { trouble: progress.trouble };
  return { state: 'running', step, bytesDone: 0, bytesExpected, ...known, ...readPendingStep(description) };
}

async function observeBackups(client: Client, workflowId: string): Promise<RunProgress | undefined> {
  const progress = await queryProgress<BackupsProgress>(client, workflowId);
  if (!progress) return undefined;
  const subjects = progress.backups.map(async (backup): Promise<SubjectProgress> => {
    const { state, bytesDone, bytesExpected } = backup;
    const name = subjectName(backup);
    const known = { name, state, step: state, bytesDone, bytesExpected };
    if (state !== 'running') return known;
    // The child may not exist yet, or have ended in the meantime.
    const observed = await observeBackup(client, backup.workflowId).catch(() => undefined);
    return observed?.state === 'running'
      ? { name, ...observed }
      : { ...known, step: 'starting', bytesExpected: 0 };
  });
  return { step: progress.step, subjects: await Promise.all(subjects) };
}

/**
 * How far a run of one of our workflows is.
 *
 * @returns undefined when no worker answers
 */
export async function observeRun(
  client: Client,
  { workflowId, type }: { workflowId: string; type: string },
): Promise<RunProgress | undefined> {
  switch (type) {
    case 'backupDatabases':
      return observeBackups(client, workflowId);
    case 'drillRestore':
      return observeDrill(client, workflowId);
    case 'backupDatabase':
    case 'backupGlobals':
    case 'backupCluster':
    case 'recoverToPointInTime':
    case 'recoverServer':
    case 'drillDisasterRecovery':
    case 'restoreDatabase':
    case 'replicate': {
      // Of a restore, and of copying, as of a backup: a step, and the bytes that it has to do.
      const observed = await observeBackup(client, workflowId);
      return observed && { step: type, subjects: [{ name: workflowId, ...observed }] };
    }
    default:
      return { step: type, subjects: [] };
  }
}

/** How far a drill is: its backups climb one after the other, so what is pending belongs to the one that does. */
async function observeDrill(client: Client, workflowId: string): Promise<RunProgress | undefined> {
  const progress = await queryProgress<DrillProgress>(client, workflowId);
  if (!progress) return undefined;
  const pending = readPendingStep(await client.workflow.getHandle(workflowId).describe());
  const subjects = progress.backups.map((backup): SubjectProgress => {
    const { state, bytesExpected } = backup;
    const isClimbing = drillRungs.some((rung) => rung === state);
    return {
      name: subjectName(backup),
      state: isClimbing ? 'running' : (state as Exclude<typeof state, DrillRung>),
      step: state,
      bytesDone: 0,
      bytesExpected,
      ...(isClimbing ? pending : {}),
    };
  });
  return { step: progress.step, subjects };
}
