import {
  CancellationScope,
  condition,
  ContinueAsNew,
  isCancellation,
  log,
  ParentClosePolicy,
  patched,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { OperationError } from '../model/failures.js';
import { notificationId, type EventType, type NotificationEvent } from '../model/notification.js';
import { describeRun, readFacts } from './describe-run.js';
import { fail, rootFailure } from './failures.js';
import { showOutcome } from './search-attributes.js';

/** How long a run waits until all channels are told: whoever has its result has, as a rule, the message as well. */
const TELLING_PATIENCE = '5 seconds';

/** How people are told that a run failed, by its type; `backup.failed` is for all others. */
const failureEvents: Partial<Record<string, EventType>> = {
  archiveWal: 'wal.failed',
  replicate: 'replica.failed',
  verifyBackups: 'verify.failed',
  restoreDatabase: 'restore.failed',
  recoverToPointInTime: 'recovery.failed',
  recoverServer: 'recovery.failed',
  drillRestore: 'drill.failed',
  drillDisasterRecovery: 'drill.failed',
};

/**
 * Has the configured channels told how this run ends, by a workflow that goes on after it when it must: a channel that is
 * down changes no result, delays it by those seconds, and is tried for a day. Once for each run.
 *
 * @param which - tells events of one run apart, where it has several
 */
export async function tell(
  event: Omit<NotificationEvent, 'timestamp' | 'workflowType' | 'workflowId' | 'runId'>,
  which = '',
): Promise<void> {
  const { workflowType, workflowId, runId, memo } = workflowInfo();
  const shown = memo?.BackupServer;
  const whole: NotificationEvent = {
    ...(typeof shown === 'string' ? { server: shown } : {}),
    ...event,
    ...{ timestamp: new Date().toISOString(), workflowType, workflowId, runId },
  };
  try {
    await CancellationScope.nonCancellable(async () => {
      const telling = await startChild('notifyChannels', {
        workflowId: `${notificationId(whole)}${which}`,
        args: [whole],
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
      let isTold = false;
      const end = () => (isTold = true);
      telling.result().then(end, end);
      await condition(() => isTold, TELLING_PATIENCE);
    });
  } catch (error) {
    log.warn('nobody could be told', rootFailure(error));
  }
}

/** Has the channels told of a success that no parent reports; the first version told of none but those of the nights and drills. */
export async function tellSuccess(event: Parameters<typeof tell>[0]): Promise<void> {
  if (workflowInfo().parent === undefined && patched('tell-success')) await tell(event);
}

/**
 * Runs the body of a workflow and shows how it ended, in the search attribute and memo `BackupOutcome`. A failure that
 * no parent will report is reported from here.
 *
 * A dry run is reported to nobody: whoever asked for it reads its answer.
 *
 * @param run - what a run of its type does, for people, and its argument as it came
 * @param onEnd - told of the outcome before anything else
 */
export async function runToOutcome<T>(
  run: { what: string; input: unknown },
  onEnd: (outcome: 'committed' | 'failed' | 'cancelled') => void,
  body: () => Promise<T>,
): Promise<T> {
  const facts = readFacts(run.input);
  const show = (outcome: 'committed' | 'failed' | 'cancelled') => {
    onEnd(outcome);
    showOutcome(outcome, facts.server);
  };
  try {
    const result = await body();
    show('committed');
    return result;
  } catch (error) {
    // It goes on as another run.
    if (error instanceof ContinueAsNew) throw error;
    if (isCancellation(error)) {
      show('cancelled');
      throw error;
    }
    show('failed');
    const { type, message } = rootFailure(error);
    const { parent, workflowType } = workflowInfo();
    const isUntold = () => facts.dryRun && patched('dry-run-untold');
    if (parent === undefined && !isUntold())
      await tell({
        type: failureEvents[workflowType] ?? 'backup.failed',
        what: describeRun(run.what, run.input),
        failure: { type, message },
      });
    throw error instanceof OperationError ? fail(error.type, error.message) : error;
  }
}
