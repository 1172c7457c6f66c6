import type { RecoverToPointInTimeArgument } from '../model/arguments.js';
import type { RecoveryPlan, RecoveryProgress, RecoveryResult } from '../model/recovery.js';
import { describeTarget } from '../model/recovery-target.js';
import { awaitApproval } from './await-approval.js';
import { makeRecovery } from './make-recovery.js';
import { planReaching } from './plan-recovery.js';
import { refuseLackOfSpace } from './refuse-unfit.js';
import { showRecovery } from './search-attributes.js';
import { withAudit } from './with-audit.js';
import { withOperation } from './with-operation.js';

/**
 * Plans a recovery and, once those have agreed who must, makes it. A dry run answers with the plan.
 *
 * @param progress - kept up to date for the query
 */
export async function recover(
  argument: RecoverToPointInTimeArgument,
  progress: RecoveryProgress,
): Promise<RecoveryResult> {
  const plan = await planReaching(argument);
  progress.backupId = plan.id;
  showRecovery(plan);
  if (argument.dryRun) return { dryRun: true, plan, notes: [], approvedBy: [], secondsPerStep: {} };
  progress.approvals = { approvedBy: [], needed: plan.approval.needed };
  const { approvals } = progress;
  return withAudit(
    toAuditSubject(plan, argument),
    () => ({ facts: toAuditFacts(plan), approvedBy: approvals.approvedBy }),
    async () => {
      refuseLackOfSpace(plan);
      progress.step = 'approval';
      await awaitApproval(plan.approval, describeRecovery(plan, argument), approvals);
      return runExclusively(plan, () => makeRecovery(plan, approvals.approvedBy, progress));
    },
  );
}

/** What replaces or stands beside a database keeps everything else from it meanwhile; a new place is nobody's. */
function runExclusively<T>({ outcome }: RecoveryPlan, work: () => Promise<T>): Promise<T> {
  if (outcome.kind !== 'database') return work();
  return withOperation({ kind: 'database', server: outcome.into.server, database: outcome.database }, work);
}

/** What the people are asked who must agree. */
function describeRecovery(
  { id, server, target, outcome, store }: RecoveryPlan,
  argument: RecoverToPointInTimeArgument,
) {
  const { requestedBy = 'somebody', reason = 'no reason given' } = argument;
  const moment = describeTarget(target);
  const common = { requested_by: requestedBy, reason, server, store, recovered_to: moment };
  if (outcome.kind === 'directory')
    return {
      description: `Recover server ${server} as of ${moment} into ${outcome.directory}, for a server to be started on it.`,
      context: { ...common, directory: outcome.directory },
    };
  if (outcome.kind === 'server')
    return {
      description: `Recover server ${server} as of ${moment} into the empty server ${outcome.into}, with all roles and databases.`,
      context: { ...common, into_server: outcome.into },
    };
  const { database, into, replaces } = outcome;
  return {
    description: `Replace database ${database} on server ${into.server} by what it was at ${moment}; it is kept as ${replaces?.becomes}.`,
    context: {
      ...common,
      database,
      database_bytes: replaces?.bytes ?? 0,
      kept_as: replaces?.becomes ?? '',
      backup_id: id,
    },
  };
}

const targetOf = (outcome: Exclude<RecoveryPlan['outcome'], { kind: 'directory' }>) =>
  outcome.kind === 'server' ? outcome.into : outcome.into.server;

function toAuditSubject(
  { server, outcome }: RecoveryPlan,
  { requestedBy, reason }: RecoverToPointInTimeArgument,
) {
  return {
    action: 'recover',
    server: outcome.kind === 'directory' ? server : targetOf(outcome),
    ...(outcome.kind === 'database' ? { database: outcome.database } : {}),
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(reason === undefined ? {} : { reason }),
  } as const;
}

function toAuditFacts({ id, server, baseBackup, store, target, outcome }: RecoveryPlan) {
  return {
    ...{ recovery: id, baseBackup: baseBackup.id, store, target: describeTarget(target) },
    ...(outcome.kind === 'directory'
      ? { directory: outcome.directory }
      : outcome.kind === 'server'
        ? { recovered: server }
        : {
            ...{ mode: outcome.mode, made: outcome.into.database },
            ...(outcome.replaces ? { keptAs: outcome.replaces.becomes } : {}),
          }),
  };
}
