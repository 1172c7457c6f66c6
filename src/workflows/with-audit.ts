import { CancellationScope, isCancellation, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { AuditEvent } from '../model/audit.js';
import { lightStep } from './activity-options.js';
import { rootFailure } from './failures.js';

const { recordAudit } = proxyActivities<Activities>(lightStep);

/** What is known of an event before it has ended. */
export type AuditSubject = Pick<AuditEvent, 'action' | 'server'> &
  Partial<Pick<AuditEvent, 'database' | 'requestedBy' | 'reason'>>;

/** What is known once it has succeeded. */
export type AuditFindings = Pick<AuditEvent, 'facts'> & Partial<Pick<AuditEvent, 'approvedBy'>>;

/**
 * Runs `work` and leaves a trace of it in the store, however it ends. A trace that cannot be written is logged: it is no
 * reason to undo a restore.
 *
 * @param known - what is known of it at any time, for the trace of a failure
 */
export async function withAudit<T>(
  subject: AuditSubject,
  known: () => AuditFindings,
  work: () => Promise<T>,
): Promise<T> {
  const record = async (end: Pick<AuditEvent, 'outcome' | 'failure'>) => {
    const { workflowId, runId } = workflowInfo();
    const event = { ...subject, ...known(), ...end, workflowId, runId, time: new Date().toISOString() };
    await recordAudit(event).catch((error: unknown) => {
      log.warn('the audit event could not be written', { ...event, trouble: rootFailure(error) });
    });
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
