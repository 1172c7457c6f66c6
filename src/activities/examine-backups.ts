import { Context } from '@temporalio/activity';
import type { Finding, VerifyResult } from '../model/findings.js';
import { summarizeFindings } from '../model/findings.js';
import { verificationKey } from '../model/keys.js';
import {
  parseVerificationReport,
  type VerificationPlan,
  type VerificationReport,
} from '../model/verification.js';
import { examineServer } from '../verification/examine-server.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** Longer than the stores' own time-outs. */
const STALL_SECONDS = 600;

/** Findings that people are told of by name at once; who has more has the report as well. */
const FINDINGS_TOLD = 100;

/** What the examination of a server's backups came to. */
export interface Examination {
  result: VerifyResult;
  /** The first of those that people are to be told of. */
  appeared: Finding[];
  resolved: Finding[];
}

/** Examines all that a server's backups depend on, and stores the report; one that is stored already is the answer. */
export async function examineBackups(
  dependencies: Dependencies,
  plan: VerificationPlan,
): Promise<Examination> {
  const { configuration, environment, logger, stores, temporal } = dependencies;
  return runStep(logger, { stallSeconds: STALL_SECONDS }, async (step) => {
    const [primary] = stores;
    const key = verificationKey(plan.server, plan.id, 'report');
    const stored = await primary.getDocument(key, step.signal);
    if (stored) return summarize(parseVerificationReport(stored.toString(), key), key);
    const { workflowId, runId } = Context.current().info.workflowExecution!;
    const report = await examineServer(
      {
        ...{ configuration, stores, temporal, passFile: environment.passFile },
        programDirectories: programDirectories(dependencies),
      },
      plan,
      { workflowId, runId },
      step,
    );
    await primary.putDocument(key, Buffer.from(`${JSON.stringify(report, null, 2)}\n`), step.signal);
    return summarize(report, key);
  });
}

function summarize(report: VerificationReport, reportKey: string): Examination {
  const { server, findings, appeared, resolved, readBack } = report;
  const isNew = new Set(appeared);
  return {
    result: summarizeFindings(server, findings, {
      ...{ appeared: appeared.length, resolved: resolved.length, reportKey },
      ...(readBack ? { readBack: { objects: readBack.objects, bytes: readBack.bytes } } : {}),
    }),
    appeared: findings.filter(({ id }) => isNew.has(id)).slice(0, FINDINGS_TOLD),
    resolved: resolved.slice(0, FINDINGS_TOLD),
  };
}
