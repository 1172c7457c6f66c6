import { isCancellation, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { NotificationEvent } from '../model/notification.js';
import { OperationError } from '../model/failures.js';
import { notifyStep } from './activity-options.js';
import { fail, rootFailure } from './failures.js';
import { showOutcome } from './search-attributes.js';

const { notify } = proxyActivities<Activities>(notifyStep);

/** Tells the configured channels. One that is down is its own trouble; to cancel the telling undoes nothing either. */
export async function tell(event: NotificationEvent): Promise<void> {
  await notify(event).catch((error: unknown) => log.warn('nobody could be told', rootFailure(error)));
}

/**
 * Runs the body of a workflow and shows how it ended, in the search attribute and memo `BackupOutcome`. A failure that
 * no parent will report is reported from here.
 *
 * @param describe - what failed, for people
 * @param onEnd - told of the outcome before anything else
 */
export async function runToOutcome<T>(
  describe: () => string,
  onEnd: (outcome: 'committed' | 'failed' | 'cancelled') => void,
  body: () => Promise<T>,
): Promise<T> {
  const show = (outcome: 'committed' | 'failed' | 'cancelled') => {
    onEnd(outcome);
    showOutcome(outcome);
  };
  try {
    const result = await body();
    show('committed');
    return result;
  } catch (error) {
    if (isCancellation(error)) {
      show('cancelled');
      throw error;
    }
    show('failed');
    const { type, message } = rootFailure(error);
    const { parent, workflowId, runId } = workflowInfo();
    if (parent === undefined)
      await tell({ type: 'backup.failed', what: describe(), failure: { type, message }, workflowId, runId });
    throw error instanceof OperationError ? fail(error.type, error.message) : error;
  }
}
