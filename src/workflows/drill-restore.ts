import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { drillRestoreArgument, parseArgument, type DrillRestoreArgument } from '../model/arguments.js';
import { explainDrill } from '../model/drill-verdict.js';
import type { DrillResult } from '../model/drill.js';
import { restorePlanStep } from './activity-options.js';
import { showProgress } from './current-details.js';
import { finishInTime } from './end-in-time.js';
import { fail } from './failures.js';
import { makeDrill } from './make-drill.js';
import { drillProgressQuery } from './queries.js';
import { requireRestoreWorker } from './require-restore-worker.js';
import { runToOutcome, tell } from './run-to-outcome.js';
import { showServer } from './search-attributes.js';
import { withAudit } from './with-audit.js';

const { planDrill } = proxyActivities<Activities>(restorePlanStep);

/**
 * Proves backups: restores the newest of each database into a scratch server and compares it, row by row, with what was
 * backed up; reports what is proven, how long it took, and what could not be checked. Ends as `DrillFailed` when any of
 * them is not proven.
 */
export async function drillRestore(input: DrillRestoreArgument): Promise<DrillResult> {
  const progress = showProgress(drillProgressQuery, { step: 'planning', backups: [] });
  const end = (outcome: 'committed' | 'failed' | 'cancelled') => {
    progress.step = outcome === 'committed' ? 'done' : outcome;
  };
  return runToOutcome({ what: 'The restore drill', input }, end, async () => {
    const argument = parseArgument('drillRestore', drillRestoreArgument, input);
    const plan = await requireRestoreWorker(planDrill(argument));
    progress.drillId = plan.id;
    showServer({ BackupServer: plan.server, BackupKind: 'drill', BackupId: plan.id });
    const facts: Record<string, string | number> = { drill: plan.id, store: plan.store };
    return withAudit(
      { action: 'drill', server: plan.server },
      () => ({ facts }),
      async () => {
        const result = await finishInTime(() => makeDrill(plan, progress));
        const { proven, failed, notProvable } = result;
        Object.assign(facts, { proven, failed, notProvable });
        const fault = explainDrill(result);
        if (fault !== undefined) throw fail('DrillFailed', fault, result);
        const what = `All ${proven} backups of server ${plan.server} are proven`;
        await tell({ type: 'drill.succeeded', what });
        return result;
      },
    );
  });
}
