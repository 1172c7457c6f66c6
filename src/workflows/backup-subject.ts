import { workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import type { AnyPlan } from '../activities/staged-backup.js';
import { parseArgument } from '../model/arguments.js';
import { operationId } from '../model/queues.js';
import type { BackupProgress, BackupResult } from '../model/results.js';
import { beginAnew } from './begin-anew.js';
import { showProgress } from './current-details.js';
import { finishInTime } from './end-in-time.js';
import { isWorthBeginningAnew } from './failures.js';
import { backupProgressQuery } from './queries.js';
import { runOneOperation } from './run-one-operation.js';
import { runToOutcome, tellSuccess } from './run-to-outcome.js';
import { showSubject } from './search-attributes.js';
import { withAudit, type AuditSubject } from './with-audit.js';

/** What the runs of each type do, for people. */
const titles = {
  backupDatabase: 'The backup',
  backupGlobals: 'The backup of the globals',
  backupCluster: 'The base backup',
};

/** How a backup of one kind is made. */
export interface BackupMaking<Argument, Plan extends AnyPlan, Result> {
  plan: (argument: Argument) => Promise<Plan>;
  make: (plan: Plan, progress: BackupProgress) => Promise<Result>;
}

/**
 * Backs up one database, the globals, or a whole server.
 *
 * Started under an id of one's own (from the Temporal UI, say), it runs the backup as a child under the subject's
 * fixed id, so that there is never more than one operation on a database. What its steps made may be lost for good, with the
 * staging host that worked on it, or because it was damaged, on staging or in the store: then it is begun anew, under a new
 * id.
 */
export async function backupSubject<
  Argument extends { server?: string | undefined; reason?: string | undefined },
  Plan extends AnyPlan,
  Result extends Pick<BackupResult, 'artifactKey' | 'bytes' | 'server' | 'store'>,
>(
  workflowType: keyof typeof titles,
  schema: z.ZodType<Argument>,
  input: Argument,
  { plan: planIt, make }: BackupMaking<Argument, Plan, Result>,
): Promise<Result> {
  const progress = showProgress(backupProgressQuery, { step: 'planning', bytesExpected: 0 });
  const end = (step: 'committed' | 'failed' | 'cancelled') => {
    progress.step = step;
  };
  return runToOutcome({ what: titles[workflowType], input }, end, async () => {
    const argument = parseArgument(workflowType, schema, input);
    let subject: AuditSubject | undefined;
    const facts: Record<string, string | number> = {};
    const backUp = async () => {
      const first = await planIt(argument);
      const workflowId = operationId(first.subject);
      if (workflowInfo().workflowId !== workflowId) {
        progress.workflowId = workflowId;
        return runOneOperation<Result>(workflowType, workflowId, {
          ...argument,
          server: first.subject.server,
        });
      }
      return beginAnew(isWorthBeginningAnew, async (beginning) => {
        const plan = beginning === 1 ? first : await planIt(argument);
        progress.backupId = plan.id;
        showSubject(plan);
        subject = toAuditSubject(plan.subject, argument);
        Object.assign(facts, { kind: plan.subject.kind, backup: plan.id });
        const result = await make(plan, progress);
        const { artifactKey, bytes, store } = result;
        Object.assign(facts, { artifactKey, bytes, store });
        return result;
      });
    };
    const result = await withAudit(
      () => subject,
      () => ({ facts }),
      () => finishInTime(backUp),
    );
    // A base backup is made once a week by itself; those of databases are told of by the run of all of them.
    if (workflowType === 'backupCluster')
      await tellSuccess({
        type: 'backup.succeeded',
        what: `The base backup of server ${result.server}`,
        server: result.server,
      });
    return result;
  });
}

function toAuditSubject(
  subject: AnyPlan['subject'],
  { reason }: { reason?: string | undefined },
): AuditSubject {
  return {
    action: 'backup',
    server: subject.server,
    ...(subject.kind === 'database' ? { database: subject.database } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}
