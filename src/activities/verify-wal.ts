import type { VerifyBackupsArgument } from '../model/arguments.js';
import { summarizeFindings, type VerifyResult } from '../model/findings.js';
import { resolveServer } from '../config/resolve.js';
import { readWalEvidence } from '../verification/read-wal-evidence.js';
import { findWalFaults } from '../wal/find-wal-faults.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/**
 * Compares the WAL in the primary store with where the server is. A server whose WAL is not archived has no findings. Only
 * verifications that were begun by a version without reports end with this alone.
 */
export async function verifyWal(
  { configuration, environment, logger, stores, temporal }: Dependencies,
  argument: VerifyBackupsArgument,
): Promise<VerifyResult> {
  return runStep(logger, { stallSeconds: 600 }, async ({ signal }) => {
    const server = resolveServer(configuration, argument.server);
    if (!server.wal) return summarizeFindings(server.name, []);
    const means = { store: stores[0], temporal, passFile: environment.passFile };
    return summarizeFindings(server.name, findWalFaults(await readWalEvidence(server, means, signal)));
  });
}
