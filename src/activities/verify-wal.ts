import { resolveConnection } from '../config/connections.js';
import type { VerifyBackupsArgument } from '../model/arguments.js';
import { OperationError } from '../model/failures.js';
import { summarizeFindings, type VerifyResult } from '../model/findings.js';
import { resolveServer } from '../config/resolve.js';
import { withConnection } from '../postgres/connection.js';
import { readWalState } from '../postgres/wal-state.js';
import { findWalFaults } from '../wal/find-wal-faults.js';
import { readArchiver } from '../wal/read-archiver.js';
import { DEFAULT_SEGMENT_BYTES, readWalStatus } from '../wal/read-wal-status.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** Compares the WAL in the primary store with where the server is. A server whose WAL is not archived has no findings. */
export async function verifyWal(
  dependencies: Dependencies,
  argument: VerifyBackupsArgument,
): Promise<VerifyResult> {
  const { configuration, environment, logger, stores, temporal } = dependencies;
  return runStep(logger, { stallSeconds: 600 }, async ({ signal }) => {
    const server = resolveServer(configuration, argument.server);
    if (!server.wal) return summarizeFindings(server.name, []);
    const connection = await resolveConnection(server, environment.passFile);
    const live = await withConnection(connection, server.maintenanceDatabase, signal, readWalState).catch(
      (error: unknown) => {
        if (error instanceof OperationError) return { fault: error.message };
        throw error;
      },
    );
    const segmentBytes = 'fault' in live ? DEFAULT_SEGMENT_BYTES : live.segmentBytes;
    const findings = findWalFaults({
      server: server.name,
      clusters: await readWalStatus(stores[0], server.name, segmentBytes, signal),
      live,
      archiver: await readArchiver(temporal, server.name),
      now: new Date(),
    });
    return summarizeFindings(server.name, findings);
  });
}
