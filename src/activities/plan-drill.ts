import { resolveConnection } from '../config/connections.js';
import { resolveDatabase, resolveServer } from '../config/resolve.js';
import { planDrill as planDrillOf } from '../drills/plan-drill.js';
import type { DrillRestoreArgument } from '../model/arguments.js';
import type { DrillPlan } from '../model/drill.js';
import { configuredDatabases } from '../postgres/configured-databases.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

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
