import {
  condition,
  defineSignal,
  log,
  patched,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { approvalSignalSchema, type ApprovalRequest, type ApprovalSignal } from '../model/approval.js';
import type { RestorePlan, RestoreProgress } from '../model/restore.js';
import { approvalStep } from './activity-options.js';
import { fail, rootFailure } from './failures.js';
import { writeDown } from './with-audit.js';

const approvalSignal = defineSignal<[unknown]>('approval_signal');
const { requestApproval, readApproval } = proxyActivities<Activities>(approvalStep);

/** How often TempoNest's service is asked when no signal comes: one may be lost, and a day must fit into a history. */
const POLL = '5 minutes';

type ApprovalProgress = NonNullable<RestoreProgress['approvals']>;

/** What is asked; workflow and run are this one's. */
export type Question = Pick<ApprovalRequest, 'description' | 'context'>;

/**
 * Waits until as many different people as the plan says have agreed, and answers with their names.
 *
 * With TempoNest's service each of them decides a request of its own, and the service is believed: `approval_signal` is
 * only the hint to ask it. With `signal` the signal alone decides, when its approver is one of the configured.
 *
 * @param progress - kept up to date for the query
 * @throws ApplicationFailure `ApprovalDenied`, `ApprovalTimedOut`, or `ApprovalUnavailable` when nobody can be asked
 */
export async function awaitApproval(
  approval: RestorePlan['approval'],
  question: Question,
  progress: ApprovalProgress,
): Promise<string[]> {
  if (approval.needed === 0) return [];
  const signals: ApprovalSignal[] = [];
  setHandler(approvalSignal, (content) => {
    const parsed = approvalSignalSchema.safeParse(content);
    if (parsed.success) signals.push(parsed.data);
    else {
      progress.ignored =
        'A signal that is no {status, approver} was ignored; send {"status": "approved" or "denied", "approver": "…"}.';
      log.warn(progress.ignored);
    }
  });
  const deadline = Date.now() + approval.timeoutSeconds * 1000;
  const byService = approval.provider === 'temponest';
  return byService
    ? askService(approval, question, signals, progress, deadline)
    : heedSignals(approval, question, signals, progress, deadline);
}

async function heedSignals(
  { approvers, needed, timeoutSeconds }: RestorePlan['approval'],
  question: Question,
  signals: ApprovalSignal[],
  progress: ApprovalProgress,
  deadline: number,
): Promise<string[]> {
  while (progress.approvedBy.length < needed) {
    await condition(() => signals.length > 0, Math.max(0, deadline - Date.now()));
    const signal = signals.shift();
    if (!signal) throw await timedOut(question, progress, timeoutSeconds);
    await count(signal, approvers.includes(signal.approver), question, progress);
  }
  return progress.approvedBy;
}

async function count(
  { status, approver, reason }: ApprovalSignal,
  mayDecide: boolean,
  question: Question,
  progress: ApprovalProgress,
) {
  if (!mayDecide) progress.ignored = `${approver} is not one of approvals.approvers and was ignored.`;
  else if (status === 'denied') throw await denied(question, approver, reason);
  else if (progress.approvedBy.includes(approver))
    progress.ignored = `${approver} has approved already; another person is needed.`;
  else await approved(question, approver, progress);
}

/** One request per person. A person whose answer was had already is asked for another's, by a further request. */
async function askService(
  { needed, timeoutSeconds }: RestorePlan['approval'],
  question: Question,
  hints: ApprovalSignal[],
  progress: ApprovalProgress,
  deadline: number,
): Promise<string[]> {
  const open = new Set<string>();
  for (let person = 1; person <= needed; person += 1) open.add(await request(question, needed, []));
  while (progress.approvedBy.length < needed) {
    for (const approvalId of open) {
      const answer = await readApproval(approvalId).catch((error: unknown) => {
        // It may come back before the time is over.
        log.warn('the approval service could not be asked', rootFailure(error));
        return { status: 'pending' as const };
      });
      if (answer.status === 'pending') continue;
      open.delete(approvalId);
      if (answer.status === 'denied') throw await denied(question, answer.approver, answer.reason);
      if (progress.approvedBy.includes(answer.approver)) {
        progress.ignored = `${answer.approver} has approved already; another person is needed.`;
        open.add(await request(question, needed, progress.approvedBy));
      } else await approved(question, answer.approver, progress);
    }
    if (progress.approvedBy.length >= needed) break;
    if (Date.now() >= deadline) throw await timedOut(question, progress, timeoutSeconds);
    await condition(() => hints.length > 0, POLL);
    hints.length = 0;
  }
  return progress.approvedBy;
}

async function request(question: Question, needed: number, notBy: string[]): Promise<string> {
  const { workflowId, runId } = workflowInfo();
  const others = notBy.length > 0 ? ` Somebody other than ${notBy.join(', ')} must decide.` : '';
  const { approvalId } = await requestApproval({
    workflowId,
    runId,
    description: `${question.description}${others}`,
    risk: needed > 1 ? 'high' : 'medium',
    context: question.context,
  });
  return approvalId;
}

/** Each decision is written down when it is made, whatever becomes of the run. */
async function writeDownDecision(
  { context }: Question,
  outcome: 'approved' | 'denied' | 'timedOut',
  facts: Record<string, string | number>,
  reason?: string,
): Promise<void> {
  if (!patched('audit-approvals')) return;
  const textOf = (field: string) => (typeof context[field] === 'string' ? context[field] : undefined);
  const [server, database] = [textOf('server'), textOf('database')];
  await writeDown({
    ...{ action: 'approval', outcome, facts },
    ...(server === undefined ? {} : { server }),
    ...(database === undefined ? {} : { database }),
    ...(reason ? { reason } : {}),
  });
}

async function approved(question: Question, approver: string, progress: ApprovalProgress): Promise<void> {
  progress.approvedBy.push(approver);
  await writeDownDecision(question, 'approved', { approver });
}

async function denied(question: Question, approver: string, reason: string | undefined) {
  await writeDownDecision(question, 'denied', { approver }, reason);
  return fail(
    'ApprovalDenied',
    `${approver} denied it${reason ? ` (${reason})` : ''}; nothing was touched. Talk to them, and start again.`,
  );
}

async function timedOut(question: Question, { approvedBy, needed }: ApprovalProgress, seconds: number) {
  await writeDownDecision(question, 'timedOut', { approved: approvedBy.length, needed });
  return fail(
    'ApprovalTimedOut',
    `${approvedBy.length} of ${needed} approvals came within ${seconds / 3600} h; nothing was touched. Find an approver, and start again.`,
  );
}
