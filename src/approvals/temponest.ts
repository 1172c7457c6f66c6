import { z } from 'zod';
import type { ApprovalAnswer, ApprovalRequest } from '../model/approval.js';
import { OperationError, remedyFor } from '../model/failures.js';

/** How long the service may take to answer, in milliseconds. */
const TIMEOUT = 15_000;

/** TempoNest's approval service. */
export interface ApprovalService {
  /** Its URL, e.g. `http://approval-ui:9001`. */
  url: string;
  /** A bearer token with `workflows:create` and `approvals:read`. */
  token: string;
}

const created = z.object({ approval_id: z.string().min(1) });
const answered = z.discriminatedUnion('status', [
  z.object({ status: z.literal('pending') }),
  z.object({ status: z.literal('approved'), approved_by: z.string().min(1) }),
  z.object({
    status: z.literal('denied'),
    approved_by: z.string().min(1).nullish(),
    reason: z.string().nullish(),
  }),
]);

/**
 * Asks for one person's decision.
 *
 * @returns the request's id, for {@link readDecision}
 * @throws OperationError `ApprovalUnavailable`, or `InvalidConfiguration` when the service refuses the token
 */
export async function askForDecision(
  service: ApprovalService,
  request: ApprovalRequest,
  signal: AbortSignal,
): Promise<string> {
  const answer = await ask(service, '/api/approvals', created, signal, {
    workflow_id: request.workflowId,
    run_id: request.runId,
    task_description: request.description,
    risk_level: request.risk,
    context: request.context,
  });
  return answer.approval_id;
}

/**
 * Where a request stands. The service is believed, not the signal it sends: anyone who can reach Temporal can send one.
 *
 * @throws OperationError as {@link askForDecision}
 */
export async function readDecision(
  service: ApprovalService,
  approvalId: string,
  signal: AbortSignal,
): Promise<ApprovalAnswer> {
  const answer = await ask(service, `/api/approvals/${encodeURIComponent(approvalId)}`, answered, signal);
  if (answer.status === 'pending') return answer;
  const reason = answer.status === 'denied' ? answer.reason : undefined;
  return {
    status: answer.status,
    approver: answer.approved_by ?? 'somebody',
    ...(reason ? { reason } : {}),
  };
}

async function ask<T>(
  { url, token }: ApprovalService,
  path: string,
  shape: z.ZodType<T>,
  signal: AbortSignal,
  body?: object,
): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
    text = await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    throw unavailable(`The approval service at ${url} did not answer`, cause);
  }
  if (response.status === 401 || response.status === 403)
    throw new OperationError(
      'InvalidConfiguration',
      `The approval service at ${url} refused the token (${response.status}); put one with workflows:create and approvals:read into approvals.tokenFile.`,
    );
  if (!response.ok) throw unavailable(`The approval service at ${url} answered ${response.status}`);
  return parseAnswer(text, shape, url);
}

function parseAnswer<T>(text: string, shape: z.ZodType<T>, url: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw unavailable(
      `The approval service at ${url} gave an answer of another shape than its contract`,
      cause,
    );
  }
}

function unavailable(fault: string, cause?: unknown): OperationError {
  return new OperationError('ApprovalUnavailable', `${fault}; ${remedyFor('ApprovalUnavailable')}.`, {
    cause,
  });
}
