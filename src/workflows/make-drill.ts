import { CancellationScope, isCancellation, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { judgeFailure, verdictOf } from '../model/drill-verdict.js';
import {
  drillRungs,
  type DrilledBackup,
  type DrillPlan,
  type DrillProgress,
  type DrillResult,
  type DrillRung,
  type PlannedBackup,
  type RungResult,
} from '../model/drill.js';
import { reserveRestoreStep, restoreLightStep, stagingSteps } from './activity-options.js';
import { isNeverBegun, rootFailure } from './failures.js';
import { tidy } from './tidy.js';

const { reserveDrillStaging } = proxyActivities<Activities>(reserveRestoreStep);
const { reportDrill } = proxyActivities<Activities>(restoreLightStep);

/** The rungs of the globals, and of a database. */
const rungsOf = ({ database }: PlannedBackup): DrillRung[] =>
  database === undefined
    ? ['artifact', 'unpack', 'globals']
    : drillRungs.filter((rung) => rung !== 'globals');

const secondsSince = (begun: number) => (Date.now() - begun) / 1000;

/**
 * Does one drill: reserve, boot a scratch server, let one backup after the other climb the ladder, report; and leaves
 * nothing behind.
 *
 * @param progress - kept up to date for the query
 */
export async function makeDrill(plan: DrillPlan, progress: DrillProgress): Promise<DrillResult> {
  const planned = [...(plan.globals ? [plan.globals] : []), ...plan.databases];
  progress.backups = planned.map(({ database }) => ({
    ...(database === undefined ? {} : { database }),
    state: 'waiting',
    bytesExpected: 0,
  }));
  progress.step = 'reserve';
  const { queue } = await reserveDrillStaging(plan);
  const { program, short } = stagingSteps(queue, plan.heartbeatSeconds);
  const { bootScratchServer, climb } = proxyActivities<Activities>(program);
  const { descend, releaseDrillStaging } = proxyActivities<Activities>(short);

  /** A rung that fails for good is a finding; a drill that is cancelled, or has lost its host, has none. */
  async function climbOne(backup: PlannedBackup, rung: DrillRung): Promise<RungResult> {
    const begun = Date.now();
    try {
      const answer = await climb(plan, backup, rung);
      return { rung, seconds: secondsSince(begun), ...answer };
    } catch (error) {
      if (isCancellation(error) || isNeverBegun(error)) throw error;
      const { type, message } = rootFailure(error);
      return { rung, seconds: secondsSince(begun), outcome: judgeFailure(rung, type), said: [message] };
    }
  }

  async function climbAll(backup: PlannedBackup, index: number): Promise<DrilledBackup> {
    const shown = progress.backups[index]!;
    const rungs: RungResult[] = [];
    for (const rung of rungsOf(backup)) {
      Object.assign(shown, {
        state: rung,
        bytesExpected: rung === 'artifact' ? backup.bytes : backup.dumpBytes,
      });
      const result = await climbOne(backup, rung);
      rungs.push(result);
      if (result.outcome === 'failed' || result.outcome === 'notProvable') break;
    }
    // What stays of it is removed with the rest, at the end.
    await descend(plan, backup).catch((error: unknown) => {
      if (isCancellation(error) || isNeverBegun(error)) throw error;
      log.warn('what a drill restored could not be removed', rootFailure(error));
    });
    const verdict = verdictOf(rungs);
    Object.assign(shown, { state: verdict, bytesExpected: 0 });
    return { ...backup, rungs, verdict };
  }

  let isGone = false;
  try {
    progress.step = 'boot';
    const begun = Date.now();
    if (planned.length > 0) await bootScratchServer(plan);
    const bootSeconds = secondsSince(begun);
    progress.step = 'ladder';
    const backups = [...plan.decided];
    for (const [index, backup] of planned.entries()) backups.push(await climbAll(backup, index));
    progress.step = 'report';
    const { workflowId, runId } = workflowInfo();
    const finishedAt = new Date().toISOString();
    return await reportDrill(plan, { finishedAt, bootSeconds, backups, workflowId, runId });
  } catch (error) {
    isGone = isNeverBegun(error);
    throw error;
  } finally {
    await CancellationScope.nonCancellable(async () => {
      if (!isGone) await tidy('staging', () => releaseDrillStaging(plan));
    });
  }
}
