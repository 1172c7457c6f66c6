import type { Configuration } from '../config/schema.js';
import { OperationError } from '../model/failures.js';
import type { RestorePlan } from '../model/restore.js';

/** How many people must agree: to what only makes something new, to a server that others may take for the live one. */
const PEOPLE = { beside: 0, handOver: 1, swap: 2 } as const;

/**
 * Who must agree to a restore or a recovery: nobody when it only makes a database beside the live one.
 *
 * @throws OperationError `InvalidConfiguration` when somebody must and backups.yaml does not say who decides
 */
export function planApproval(
  { approvals }: Pick<Configuration, 'approvals'>,
  mode: keyof typeof PEOPLE,
): RestorePlan['approval'] {
  if (PEOPLE[mode] === 0 || approvals?.provider === 'none')
    return { provider: approvals?.provider ?? 'none', needed: 0, approvers: [], timeoutSeconds: 0 };
  if (!approvals)
    throw new OperationError(
      'InvalidConfiguration',
      `backups.yaml does not say who approves that ${mode === 'swap' ? 'a live database is replaced' : 'a recovered server is handed over'}; set approvals (provider temponest, signal or none), or ${mode === 'swap' ? 'restore beside' : 'take single databases out of it'}.`,
    );
  return {
    provider: approvals.provider,
    needed: PEOPLE[mode],
    approvers: approvals.provider === 'signal' ? approvals.approvers : [],
    timeoutSeconds: approvals.timeout,
  };
}
