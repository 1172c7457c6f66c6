import {
  CancellationScope,
  isCancellation,
  log,
  patched,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { AuditEvent } from '../model/audit.js';
import { lightStep } from './activity-options.js';
import { rootFailure } from './failures.js';

const { recordAudit } = proxyActivities<Activities>(lightStep);

/** What is known of an event before it has ended. */
export type AuditSubject = Pick<AuditEvent, 'action' | 'server' | 'database' | 'requestedBy' | 'reason'>;

/** What is known once it has succeeded. */
export type AuditFindings = Pick<AuditEvent, 'facts'> & Pick<AuditEvent, 'approvedBy'>;

/** Writes an event of this run down, now. One that cannot be written is logged. */
export async function writeDown(
  what: Omit<AuditEvent, 'time' | 'workflowId' | 'runId' | 'startedBy'>,
): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  const event: AuditEvent = { ...what, workflowId, runId, time: new Date().toISOString() };
  await recordAudit(event).catch((error: unknown) => {
    log.warn('the audit event could not be written', { ...event, trouble: rootFailure(error) });
  });
}

/**
 * Runs `work` and leaves a trace of it in the store, however it ends. A trace that cannot be written is logged: it is no
 * reason to undo a restore.
 *
 * @param subject - what it is; asked for at the end where that is known only then, and nothing is written when it answers
 * with nothing, because nothing was begun or because another run writes it
 * @param known - what is known of it at any time, for the trace of a failure
 */
export async function withAudit<T>(
  subject: AuditSubject | (() => AuditSubject | undefined),
  known: () => AuditFindings,
  work: () => Promise<T>,
): Promise<T> {
  const record = async (end: Pick<AuditEvent, 'outcome' | 'failure'>) => {
    // What is asked for was not written down by the first version.
    const what = typeof subject === 'function' ? subject() : subject;
    if (!what || (typeof subject === 'function' && !patched('audit-backups'))) return;
    await writeDown({ ...what, ...known(), ...end });
  };
  try {
    const result = await work();
    await CancellationScope.nonCancellable(() => record({ outcome: 'committed' }));
    return result;
  } catch (error) {
    const end: Pick<AuditEvent, 'outcome' | 'failure'> = isCancellation(error)
      ? { outcome: 'cancelled' }
      : { outcome: 'failed', failure: rootFailure(error) };
    await CancellationScope.nonCancellable(() => record(end));
    throw error;
  }
}
