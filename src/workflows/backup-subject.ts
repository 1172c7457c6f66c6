import { proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import type { Activities } from '../activities/index.js';
import { parseArgument } from '../model/arguments.js';
import type { BackupPlan } from '../model/plan.js';
import { operationId } from '../model/queues.js';
import type { BackupProgress, BackupResult } from '../model/results.js';
import { lightStep } from './activity-options.js';
import { beginAnew } from './begin-anew.js';
import { isWorthBeginningAnew } from './failures.js';
import { makeBackup } from './make-backup.js';
import { backupProgressQuery } from './queries.js';
import { runOneOperation } from './run-one-operation.js';
import { runToOutcome } from './run-to-outcome.js';
import { showSubject } from './search-attributes.js';

const { planBackup } = proxyActivities<Activities>(lightStep);

/**
 * Backs up one database, or the globals.
 *
 * Started under an id of one's own (from the Temporal UI, say), it runs the backup as a child under the subject's
 * fixed id, so that there is never more than one operation on a database.
 */
export async function backupSubject<A extends { server?: string | undefined; database?: string }>(
  workflowType: string,
  schema: z.ZodType<A>,
  input: A,
): Promise<BackupResult> {
  const progress: BackupProgress = { step: 'planning', bytesExpected: 0 };
  setHandler(backupProgressQuery, () => progress);
  const end = (step: 'committed' | 'failed' | 'cancelled') => {
    progress.step = step;
  };
  return runToOutcome(
    () => `${workflowType} ${progress.backupId ?? JSON.stringify(input)}`,
    end,
    async () => {
      const argument = parseArgument(workflowType, schema, input);
      const plan = await planBackup(argument);
      const workflowId = operationId(plan.subject);
      if (workflowInfo().workflowId !== workflowId) {
        progress.workflowId = workflowId;
        return runOneOperation<BackupResult>(workflowType, workflowId, {
          ...argument,
          server: plan.subject.server,
        });
      }
      return makeOrBeginAnew(plan, () => planBackup(argument), progress);
    },
  );
}

/**
 * Makes the backup, and begins it anew, under a new id, when what its steps made is lost for good: with the staging host
 * that worked on it, or because it was damaged, on staging or in the store.
 */
function makeOrBeginAnew(
  first: BackupPlan,
  planAgain: () => Promise<BackupPlan>,
  progress: BackupProgress,
): Promise<BackupResult> {
  return beginAnew(isWorthBeginningAnew, async (beginning) => {
    const plan = beginning === 1 ? first : await planAgain();
    progress.backupId = plan.id;
    showSubject(plan);
    return makeBackup(plan, progress);
  });
}
