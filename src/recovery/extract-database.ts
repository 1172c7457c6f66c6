import type { BaseManifest } from '../model/base-manifest.js';
import { OperationError } from '../model/failures.js';
import { MANIFEST_FORMAT, type DatabaseManifest } from '../model/manifest.js';
import type { RecoveryPoint } from '../model/recovery.js';
import { dumpWithInventory } from '../postgres/dump-with-inventory.js';
import type { ServeContext } from '../postgres/serve-cluster.js';
import { serveRecovered, type RecoveredCluster } from './recovered-cluster.js';

/** Nobody else uses the recovered server: whoever locks a table of it is a transaction that was prepared. */
const LOCK_WAIT_SECONDS = 60;

/** What is taken out of a recovered server. */
export interface Extraction {
  base: BaseManifest;
  point: RecoveryPoint;
  database: string;
  /** Names what comes of it. */
  id: string;
}

/**
 * Takes one database out of a recovered server: a dump in `<directory>/data`, and a manifest as that of a backup made at
 * the moment to which the server was recovered.
 *
 * @throws OperationError `DatabaseNotFound` naming those that there were at that moment
 */
export async function extractDatabase(
  cluster: RecoveredCluster,
  { base, point, database, id }: Extraction,
  directory: string,
  { jobs, programDirectories }: { jobs: number; programDirectories: readonly string[] },
  context: ServeContext & { onProgress: (bytes: number) => void },
): Promise<DatabaseManifest> {
  const moment = point.lastTransaction ?? base.stopTime;
  if (!point.databases.includes(database))
    throw new OperationError(
      'DatabaseNotFound',
      `Server ${base.server} had no database "${database}" at ${moment}; there were ${point.databases.join(', ')}.`,
    );
  return serveRecovered(cluster, {}, context, async (server, signal) => {
    const options = {
      ...{ jobs, programDirectories, lockWaitTimeoutSeconds: LOCK_WAIT_SECONDS },
      ...{ excludeTables: [], excludeTableData: [] },
    };
    const dump = await dumpWithInventory(server, database, directory, options, { ...context, signal });
    return {
      ...dump.facts,
      format: MANIFEST_FORMAT,
      kind: 'database',
      id,
      server: base.server,
      database,
      systemIdentifier: base.systemIdentifier,
      serverVersion: dump.server.version,
      snapshotTime: moment,
      snapshotLsn: point.lsn,
      inventory: dump.inventory,
      artifact: base.artifact,
      tools: {},
      secondsPerStep: {},
      workflowId: base.workflowId,
      runId: base.runId,
      ...(dump.warnings.length > 0 ? { warnings: dump.warnings } : {}),
    };
  });
}
