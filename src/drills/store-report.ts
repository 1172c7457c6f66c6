import { measureRecovery } from '../model/drill-verdict.js';
import { DRILL_REPORT_FORMAT, drillReport, type DrillPlan, type DrillReport } from '../model/drill.js';
import { drillReportKey } from '../model/keys.js';
import type { Store } from '../stores/store.js';
import { renderReport } from './render-report.js';

/** What is known of a drill when all of its backups have climbed. */
export type DrillOutcome = Pick<
  DrillReport,
  'finishedAt' | 'bootSeconds' | 'backups' | 'workflowId' | 'runId'
>;

/** The report of a drill. It follows from what is given alone, so that it can be made, and stored, again. */
export function makeReport(plan: DrillPlan, outcome: DrillOutcome): DrillReport {
  const { id, server, store, startedAt, major } = plan;
  return drillReport.parse({
    format: DRILL_REPORT_FORMAT,
    ...{ id, server, store, startedAt, major },
    ...outcome,
    ...measureRecovery({ startedAt, bootSeconds: outcome.bootSeconds }, outcome.backups),
  });
}

/**
 * Stores a drill's report: the page for people, then what retention goes by. Idempotent.
 *
 * @returns the key of the latter
 */
export async function storeReport(store: Store, report: DrillReport, signal: AbortSignal): Promise<string> {
  const keyOf = (format: 'json' | 'md') => drillReportKey(report.server, report.id, format);
  await store.putDocument(keyOf('md'), Buffer.from(renderReport(report)), signal);
  await store.putDocument(keyOf('json'), Buffer.from(`${JSON.stringify(report, null, 2)}\n`), signal);
  return keyOf('json');
}
