import type { NativeConnection } from '@temporalio/worker';
import type { Dependencies } from '../activities/dependencies.js';
import { resolveConnection } from '../config/connections.js';
import { warnOfKeys, type KeyWatch } from '../metrics/key-watch.js';
import { withConnection } from '../postgres/connection.js';
import type { Checks } from './health-server.js';

/** How long a check may take, in milliseconds: less than what probes allow. */
const TIMEOUT = 5000;

/**
 * What a worker needs beside itself: Temporal and, where it does the steps of backups, each PostgreSQL server, each store and
 * the keys.
 *
 * @param keys - undefined where this worker encrypts nothing
 */
export function readinessChecks(
  dependencies: Dependencies | undefined,
  keys: KeyWatch | undefined,
  connection: NativeConnection,
): Checks {
  const checks: Checks = {
    temporal: async () => {
      await connection.withDeadline(Date.now() + TIMEOUT, () => connection.workflowService.getSystemInfo({}));
    },
  };
  if (!dependencies) return checks;
  const { configuration, environment, stores } = dependencies;
  for (const server of configuration.servers)
    checks[`server ${server.name}`] = async () => {
      const resolved = await resolveConnection(server, environment.passFile);
      await withConnection(resolved, server.maintenanceDatabase, AbortSignal.timeout(TIMEOUT), (client) =>
        client.query('SELECT 1'),
      );
    };
  const [primary, ...replicas] = stores;
  checks[`store ${primary.name}`] = () => primary.check(AbortSignal.timeout(TIMEOUT));
  // One that is down keeps no backup from being made: it lags.
  for (const replica of replicas)
    checks[`store ${replica.name}`] = () =>
      replica.check(AbortSignal.timeout(TIMEOUT)).catch((error: unknown) => String(error));
  if (keys) checks.keys = () => warnOfKeys(keys, AbortSignal.timeout(TIMEOUT));
  return checks;
}
