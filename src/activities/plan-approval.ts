import type { Configuration } from '../config/schema.js';
import { OperationError } from '../model/failures.js';
import type { RestorePlan } from '../model/restore.js';

/** How many people must agree before a live database is replaced. */
const FOR_A_LIVE_DATABASE = 2;

/**
 * Who must agree to a restore: nobody when it only makes something new.
 *
 * @throws OperationError `InvalidConfiguration` when a live database is to be replaced and backups.yaml does not say who
 * decides that
 */
export function planApproval(
  { approvals }: Pick<Configuration, 'approvals'>,
  mode: RestorePlan['mode'],
): RestorePlan['approval'] {
  if (mode === 'beside' || approvals?.provider === 'none')
    return { provider: approvals?.provider ?? 'none', needed: 0, approvers: [], timeoutSeconds: 0 };
  if (!approvals)
    throw new OperationError(
      'InvalidConfiguration',
      'backups.yaml does not say who approves that a live database is replaced; set approvals (provider temponest, signal or none), or restore beside.',
    );
  return {
    provider: approvals.provider,
    needed: FOR_A_LIVE_DATABASE,
    approvers: approvals.provider === 'signal' ? approvals.approvers : [],
    timeoutSeconds: approvals.timeout,
  };
}
