import { askForDecision, readDecision, type ApprovalService } from '../approvals/temponest.js';
import { readSecret } from '../config/secrets.js';
import type { ApprovalAnswer, ApprovalRequest } from '../model/approval.js';
import { OperationError } from '../model/failures.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

async function connect({ configuration }: Dependencies): Promise<ApprovalService> {
  const { approvals } = configuration;
  if (approvals?.provider !== 'temponest')
    throw new OperationError(
      'InvalidConfiguration',
      'The run was planned with TempoNest’s approval service and backups.yaml says otherwise now; start it again.',
    );
  return {
    url: approvals.url,
    token: await readSecret(approvals.tokenFile, 'token of the approval service'),
  };
}

/** Asks TempoNest's approval service for one person's decision and answers with the request's id. */
export async function requestApproval(
  dependencies: Dependencies,
  request: ApprovalRequest,
): Promise<{ approvalId: string }> {
  return runStep(dependencies.logger, {}, async ({ signal }) => ({
    approvalId: await askForDecision(await connect(dependencies), request, signal),
  }));
}

/** Where such a request stands. */
export async function readApproval(dependencies: Dependencies, approvalId: string): Promise<ApprovalAnswer> {
  return runStep(dependencies.logger, {}, async ({ signal }) =>
    readDecision(await connect(dependencies), approvalId, signal),
  );
}
