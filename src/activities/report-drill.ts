import { makeReport, storeReport, type DrillOutcome } from '../drills/store-report.js';
import { summarizeReport } from '../model/drill-verdict.js';
import type { DrillPlan, DrillResult } from '../model/drill.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** Stores the report, by which the proven backups are known from now on. */
export async function reportDrill(
  dependencies: Dependencies,
  plan: DrillPlan,
  outcome: DrillOutcome,
): Promise<DrillResult> {
  return runStep(dependencies.logger, {}, async ({ signal }) => {
    const report = makeReport(plan, outcome);
    return summarizeReport(report, await storeReport(dependencies.stores[0], report, signal));
  });
}
