import { resolveConnection } from '../config/connections.js';
import { resolveDatabase, resolveServer } from '../config/resolve.js';
import { bootScratch } from '../drills/boot-scratch.js';
import { planDrill as planDrillOf } from '../drills/plan-drill.js';
import { makeReport, storeReport, type DrillOutcome } from '../drills/store-report.js';
import type { DrillRestoreArgument } from '../model/arguments.js';
import { summarizeReport } from '../model/drill-verdict.js';
import type { DrillPlan, DrillResult } from '../model/drill.js';
import { configuredDatabases } from '../postgres/configured-databases.js';
import { releaseSpace } from '../staging/reservation.js';
import { completeStep } from '../staging/step.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { reserveOnVolume } from './reserve-staging.js';
import { runStep } from './run-step.js';
import { locateDrill, scratchOf, stagedDrill } from './staged-drill.js';

/** Decides which backups a drill tries: the newest of each configured database, or of those that are named. */
export async function planDrill(
  dependencies: Dependencies,
  argument: DrillRestoreArgument,
): Promise<DrillPlan> {
  const { configuration, environment, stores, logger } = dependencies;
  return runStep(logger, {}, async ({ signal }) => {
    const server = resolveServer(configuration, argument.server);
    argument.databases?.forEach((name) => resolveDatabase(server, name));
    const store = argument.from === undefined ? stores[0] : requireStore(dependencies, argument.from);
    const connect = () => resolveConnection(server, environment.passFile);
    return planDrillOf(
      store,
      {
        server: server.name,
        databases: argument.databases ?? (await configuredDatabases(server, connect, signal)),
        globals: server.globals,
        jobs: configuration.restore.jobs,
        heartbeatSeconds: configuration.worker.heartbeatTimeout,
        now: new Date(),
      },
      signal,
    );
  });
}

/** Reserves the drill's space on a restore worker's volume and answers with the queue of that worker. */
export async function reserveDrillStaging(
  dependencies: Dependencies,
  plan: DrillPlan,
): Promise<{ queue: string }> {
  return reserveOnVolume(dependencies, { ...stagedDrill(plan), bytes: plan.stagingBytes });
}

/** Makes the scratch server and proves that it serves. */
export async function bootScratchServer(dependencies: Dependencies, plan: DrillPlan): Promise<void> {
  const { volume, logger } = dependencies;
  await runStep(logger, {}, (step) =>
    completeStep(locateDrill(volume, plan).directory, 'boot', async ({ ledger }) => {
      const context = { ...step, ledger };
      await bootScratch(await scratchOf(dependencies, plan, step.signal), context);
      return {};
    }),
  );
}

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

/** Ends what the drill left running, the scratch server among it, removes its files and gives its space back. */
export async function releaseDrillStaging({ volume, logger }: Dependencies, plan: DrillPlan): Promise<void> {
  await runStep(logger, {}, ({ signal }) => releaseSpace(volume, stagedDrill(plan), signal));
}
