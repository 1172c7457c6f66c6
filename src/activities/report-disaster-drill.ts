import { readFromStores } from '../catalogue/read-from-stores.js';
import { storeDisasterReport } from '../drills/disaster-report.js';
import {
  DISASTER_REPORT_FORMAT,
  disasterDrillReport,
  type DisasterDrillPlan,
  type DisasterDrillReport,
  type DisasterDrillResult,
} from '../model/disaster-drill.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** What is known of a drill when the recovered server was looked at. */
export type DisasterDrillOutcome = Omit<
  DisasterDrillReport,
  'format' | 'id' | 'server' | 'store' | 'startedAt'
>;

/** Stores the report. */
export async function reportDisasterDrill(
  { stores, logger }: Dependencies,
  { id, server, store, startedAt }: DisasterDrillPlan,
  outcome: DisasterDrillOutcome,
): Promise<DisasterDrillResult> {
  return runStep(logger, {}, async ({ signal }) => {
    const report = disasterDrillReport.parse({
      format: DISASTER_REPORT_FORMAT,
      ...{ id, server, store, startedAt },
      ...outcome,
    });
    const drilled = stores.filter(({ name }) => name === store);
    // A drill from a replica may well be played while the primary is down.
    const { result: reportKey } = await readFromStores([stores[0], ...drilled], signal, (to) =>
      storeDisasterReport(to, report, signal),
    );
    const { baseBackup, segments, reached, check, flight, rtoSeconds, secondsPerStep, notes } = report;
    const { rpoSeconds, rpoHostAliveSeconds } = report;
    return {
      drillId: id,
      ...{ server, store, baseBackup, segments, reached, check, flight, rtoSeconds, secondsPerStep, notes },
      ...(rpoSeconds === undefined ? {} : { rpoSeconds }),
      ...(rpoHostAliveSeconds === undefined ? {} : { rpoHostAliveSeconds }),
      reportKey,
    };
  });
}
