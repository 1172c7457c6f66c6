import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { parseArgument, restoreDatabaseArgument, type RestoreDatabaseArgument } from '../model/arguments.js';
import type { RestorePlan, RestoreResult } from '../model/restore.js';
import { restorePlanStep } from './activity-options.js';
import { awaitApproval } from './await-approval.js';
import { showProgress } from './current-details.js';
import { finishInTime } from './end-in-time.js';
import { makeRestore } from './make-restore.js';
import { restoreProgressQuery } from './queries.js';
import { refuseUnfit } from './refuse-unfit.js';
import { requireRestoreWorker } from './require-restore-worker.js';
import { runToOutcome, tellSuccess } from './run-to-outcome.js';
import { showRestore, showRestoreSeconds } from './search-attributes.js';
import { withAudit } from './with-audit.js';
import { withOperation } from './with-operation.js';

const { planRestore } = proxyActivities<Activities>(restorePlanStep);

/**
 * Makes a database again from a backup: beside the live one or, once people have agreed, in its place. A dry run
 * answers with the plan.
 */
export async function restoreDatabase(input: RestoreDatabaseArgument): Promise<RestoreResult> {
  const progress = showProgress(restoreProgressQuery, { step: 'planning', bytesExpected: 0 });
  const end = (step: 'committed' | 'failed' | 'cancelled') => {
    progress.step = step;
  };
  return runToOutcome({ what: 'The restore', input }, end, async () => {
    const argument = parseArgument('restoreDatabase', restoreDatabaseArgument, input);
    const plan = await requireRestoreWorker(planRestore(argument));
    Object.assign(progress, { backupId: plan.backup.id, database: plan.into.database });
    showRestore(plan);
    if (argument.dryRun) return { dryRun: true, plan, approvedBy: [], secondsPerStep: {} };
    progress.approvals = { approvedBy: [], needed: plan.approval.needed };
    const { approvals } = progress;
    const result = await withAudit(
      toAuditSubject(plan, argument),
      () => ({ facts: toAuditFacts(plan), approvedBy: approvals.approvedBy }),
      async () => {
        refuseUnfit(plan);
        const made = await finishInTime(async () => {
          progress.step = 'approval';
          await awaitApproval(plan.approval, describeSwap(plan, argument), approvals);
          return withOperation(
            { kind: 'database', server: plan.into.server, database: plan.backup.database },
            () => makeRestore(plan, approvals.approvedBy, progress),
          );
        });
        showRestoreSeconds(made.secondsPerStep);
        return made;
      },
    );
    const { server, database } = plan.into;
    await tellSuccess({
      type: 'restore.succeeded',
      server,
      what: `Backup ${plan.backup.id} was restored into database ${result.restored?.database ?? database} on server ${server}`,
    });
    return result;
  });
}

/** What the people are asked who must agree: what would be replaced by what. */
function describeSwap({ backup, into, replaces, store }: RestorePlan, argument: RestoreDatabaseArgument) {
  const { requestedBy = 'somebody', reason = 'no reason given' } = argument;
  return {
    description: `Replace database ${replaces?.database} on server ${into.server} by backup ${backup.id}, of ${backup.snapshotTime}; it is kept as ${replaces?.becomes}.`,
    context: {
      requested_by: requestedBy,
      reason,
      server: into.server,
      database: replaces?.database ?? into.database,
      database_bytes: replaces?.bytes ?? 0,
      kept_as: replaces?.becomes ?? '',
      backup_id: backup.id,
      backup_time: backup.snapshotTime,
      backup_age_seconds: Math.round(backup.ageSeconds),
      backup_rows: backup.rows,
      store,
    },
  };
}

function toAuditSubject({ into, backup }: RestorePlan, { requestedBy, reason }: RestoreDatabaseArgument) {
  return {
    action: 'restore',
    server: into.server,
    database: backup.database,
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(reason === undefined ? {} : { reason }),
  } as const;
}

function toAuditFacts({ backup, into, mode, replaces, store, tables }: RestorePlan) {
  return {
    backup: backup.id,
    store,
    mode,
    made: into.database,
    ...(replaces ? { keptAs: replaces.becomes } : {}),
    ...(tables ? { tables: tables.map(({ schema, name }) => `${schema}.${name}`).join(', ') } : {}),
  };
}
