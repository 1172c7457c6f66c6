import { resolveAdministered } from '../config/connections.js';
import { resolveServer } from '../config/resolve.js';
import { sendCanary as send } from '../drills/send-canary.js';
import type { Canary, CanaryFlight, DisasterDrillPlan } from '../model/disaster-drill.js';
import { OperationError } from '../model/failures.js';
import { WAL_RECEIVER } from '../model/wal-plan.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/**
 * Commits a transaction on the live server and waits for it in the archive; undefined where the server is not there to be
 * asked, and in a drill from a replica: WAL goes there later, from a primary that such a drill takes for lost.
 */
export async function sendCanary(
  { configuration, environment, stores, logger }: Dependencies,
  { server: name, store, patienceSeconds }: DisasterDrillPlan,
): Promise<{ canary: Canary; flight: CanaryFlight } | undefined> {
  return runStep(logger, { stallSeconds: 2 * patienceSeconds }, async ({ signal }) => {
    if (store !== stores[0].name) return undefined;
    const server = resolveServer(configuration, name);
    const target = await resolveAdministered(server, environment.passFile);
    return send(target, WAL_RECEIVER, stores[0], patienceSeconds, signal).catch((error: unknown) => {
      if (error instanceof OperationError && error.type === 'ServerUnreachable') return undefined;
      throw error;
    });
  });
}
