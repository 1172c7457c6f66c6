import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { parseArgument, recoverServerArgument, type RecoverServerArgument } from '../model/arguments.js';
import type { CutoverStep, ServerRecoveryProgress, ServerRecoveryResult } from '../model/cutover.js';
import { remedyFor } from '../model/failures.js';
import type { RecoveryProgress, RecoveryResult } from '../model/recovery.js';
import { cutoverStep, restorePlanStep } from './activity-options.js';
import { showProgress } from './current-details.js';
import { fail, rootFailure } from './failures.js';
import { serverRecoveryProgressQuery } from './queries.js';
import { recover } from './recover.js';
import { requireRestoreWorker } from './require-restore-worker.js';
import { runToOutcome, tellSuccess } from './run-to-outcome.js';
import { withAudit } from './with-audit.js';

const { listCutoverSteps } = proxyActivities<Activities>(restorePlanStep);
const { runCutoverStep } = proxyActivities<Activities>(cutoverStep);

/**
 * The real thing after the loss of a server: recovers it into a data directory or an empty server, once somebody has agreed,
 * and then takes the configured steps that put it in the place of the lost one, one after the other. A step that fails ends it as
 * `CutoverFailed`; the recovered server stays.
 */
export async function recoverServer(input: RecoverServerArgument): Promise<ServerRecoveryResult> {
  const progress = showProgress(serverRecoveryProgressQuery, { step: 'planning', bytesExpected: 0 });
  return runToOutcome(
    { what: 'The recovery', input },
    (end) => (progress.step = end),
    async () => {
      const argument = parseArgument('recoverServer', recoverServerArgument, input);
      const { pointInTime, ...common } = argument;
      // What is to be done afterwards is known before anything is done.
      const steps = await requireRestoreWorker(listCutoverSteps());
      const target = pointInTime === undefined ? { latest: true as const } : { targetTime: pointInTime };
      const recovered = await recover({ ...common, ...target }, progress as RecoveryProgress);
      if (recovered.dryRun) return { ...recovered, cutover: [] };
      const cutover = await cutOver(steps, recovered, argument, progress);
      const { server } = recovered.plan;
      await tellSuccess({ type: 'recovery.succeeded', server, what: `Server ${server} is recovered` });
      return { ...recovered, cutover };
    },
  );
}

async function cutOver(
  steps: readonly string[],
  recovered: RecoveryResult,
  { requestedBy, reason }: RecoverServerArgument,
  progress: ServerRecoveryProgress,
): Promise<CutoverStep[]> {
  const done: CutoverStep[] = [];
  const facts = {
    server: recovered.plan.server,
    ...(recovered.handedOver ? { directory: recovered.handedOver.directory } : {}),
    ...(recovered.filled ? { intoServer: recovered.filled.server } : {}),
    recoveredTo: recovered.reached!.lastTransaction ?? recovered.plan.baseBackup.stopTime,
  };
  const place = facts.directory ?? `server ${facts.intoServer}`;
  for (const [index, step] of steps.entries()) {
    Object.assign(progress, { step: 'cutover', cutover: step, bytesExpected: 0 });
    const begun = Date.now();
    await withAudit(
      {
        action: 'cutover',
        server: facts.server,
        ...(requestedBy === undefined ? {} : { requestedBy }),
        ...(reason === undefined ? {} : { reason }),
      },
      () => ({
        facts: { step, ...(facts.directory === undefined ? { into: place } : { directory: place }) },
      }),
      () => runCutoverStep({ index, step, ...facts }),
    ).catch((error: unknown) => {
      const left = steps.slice(index).join(', ');
      throw fail(
        'CutoverFailed',
        `Server ${facts.server} is recovered in ${place}, and "${step}" failed: ${rootFailure(error).message} Still to be done: ${left}; ${remedyFor('CutoverFailed')}.`,
        { ...recovered, cutover: done },
      );
    });
    done.push({ step, seconds: (Date.now() - begun) / 1000 });
  }
  return done;
}
