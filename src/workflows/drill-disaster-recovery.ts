import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import {
  drillDisasterRecoveryArgument,
  parseArgument,
  type DrillDisasterRecoveryArgument,
} from '../model/arguments.js';
import {
  explainDisasterDrill,
  measureRto,
  type DisasterDrillPlan,
  type DisasterDrillProgress,
  type DisasterDrillResult,
} from '../model/disaster-drill.js';
import { recoveryPlanStep, restoreLightStep, restorePlanStep } from './activity-options.js';
import { showProgress } from './current-details.js';
import { finishInTime } from './end-in-time.js';
import { fail } from './failures.js';
import { withRecovered } from './make-recovery.js';
import { disasterDrillProgressQuery } from './queries.js';
import { refuseLackOfSpace } from './refuse-unfit.js';
import { requireRestoreWorker } from './require-restore-worker.js';
import { runToOutcome, tell } from './run-to-outcome.js';
import { showServer } from './search-attributes.js';
import { withAudit } from './with-audit.js';

const { planDisasterDrill } = proxyActivities<Activities>(restorePlanStep);
const { planDrilledRecovery, sendCanary } = proxyActivities<Activities>(recoveryPlanStep);
const { reportDisasterDrill } = proxyActivities<Activities>(restoreLightStep);

/**
 * Plays the loss of a server: commits a last transaction on it, recovers everything that is archived into a server that is
 * then looked at and removed, and measures how long that took (RTO) and what would have been lost (RPO). The live server
 * is not touched. Ends as `DrillFailed` when the server did not come back whole.
 */
export async function drillDisasterRecovery(
  input: DrillDisasterRecoveryArgument,
): Promise<DisasterDrillResult> {
  const progress = showProgress(disasterDrillProgressQuery, { step: 'planning', bytesExpected: 0 });
  return runToOutcome(
    { what: 'The disaster recovery drill', input },
    (end) => (progress.step = end),
    async () => {
      const argument = parseArgument('drillDisasterRecovery', drillDisasterRecoveryArgument, input);
      const plan = await requireRestoreWorker(planDisasterDrill(argument));
      progress.backupId = plan.id;
      showServer({ BackupServer: plan.server, BackupKind: 'disaster', BackupId: plan.id });
      const facts: Record<string, string | number> = { drill: plan.id, store: plan.store };
      return withAudit(
        { action: 'drill', server: plan.server },
        () => ({ facts }),
        async () => {
          const result = await finishInTime(() => playLoss(plan, progress));
          Object.assign(facts, { baseBackup: result.baseBackup, rtoSeconds: Math.round(result.rtoSeconds) });
          const fault = explainDisasterDrill(result);
          if (fault !== undefined)
            throw fail(
              'DrillFailed',
              `Server ${plan.server} did not come back whole: ${fault}; see ${result.reportKey}.`,
              result,
            );
          await tell({
            type: 'drill.succeeded',
            what: `Server ${plan.server} came back from store ${plan.store} in ${Math.round(result.rtoSeconds)} s`,
          });
          return result;
        },
      );
    },
  );
}

async function playLoss(
  drill: DisasterDrillPlan,
  progress: DisasterDrillProgress,
): Promise<DisasterDrillResult> {
  progress.step = 'canary';
  const sent = await sendCanary(drill);
  progress.step = 'planning';
  const begun = Date.now();
  const plan = await planDrilledRecovery(drill);
  refuseLackOfSpace(plan);
  const planning = (Date.now() - begun) / 1000;
  const { check, reached, notes, secondsPerStep } = await withRecovered(
    plan,
    progress as Omit<DisasterDrillProgress, 'step'> & { step: 'planning' },
    async ({ begun: recovery, program, time }) => ({
      check: await time('check', 0, () => program.checkRecovered(recovery, sent?.canary)),
    }),
  );
  Object.assign(progress, { step: 'report', bytesExpected: 0 });
  const { workflowId, runId } = workflowInfo();
  const seconds = { planning, ...secondsPerStep };
  const flight = sent?.flight ?? {};
  const isRecovered = check.canary === 'recovered';
  return reportDisasterDrill(drill, {
    finishedAt: new Date().toISOString(),
    baseBackup: plan.baseBackup.id,
    segments: plan.wal.segments,
    ...{ reached, check, flight, notes },
    rtoSeconds: measureRto(seconds),
    ...(isRecovered && flight.archivedAfterSeconds !== undefined
      ? { rpoSeconds: flight.archivedAfterSeconds }
      : {}),
    ...(flight.receivedAfterSeconds === undefined
      ? {}
      : { rpoHostAliveSeconds: flight.receivedAfterSeconds }),
    secondsPerStep: seconds,
    ...{ workflowId, runId },
  });
}
