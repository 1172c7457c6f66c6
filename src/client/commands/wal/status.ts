import { Command } from 'commander';
import { resolveConnection } from '../../../config/connections.js';
import { resolveServer } from '../../../config/resolve.js';
import type { ServerConfiguration } from '../../../config/schema.js';
import type { Environment } from '../../../config/environment.js';
import { withConnection } from '../../../postgres/connection.js';
import { readWalState, type WalState } from '../../../postgres/wal-state.js';
import { findWalFaults } from '../../../wal/find-wal-faults.js';
import { readArchiver, type ArchiverStatus } from '../../../wal/read-archiver.js';
import { DEFAULT_SEGMENT_BYTES, readWalStatus } from '../../../wal/read-wal-status.js';
import { openConfiguredStore, untilDone } from '../../configured-server.js';
import { withTemporal } from '../../connect.js';
import { action } from '../../context.js';
import { print, printJson } from '../../output.js';
import { describeError } from '../../report-error.js';
import { renderWalStatus, toWalReport } from '../../status/render-wal-status.js';

/** Where the server is; that it cannot be reached is part of the answer. */
async function readLive(
  server: ServerConfiguration,
  { passFile }: Environment,
): Promise<WalState | { fault: string }> {
  try {
    const connection = await resolveConnection(server, passFile);
    return await withConnection(connection, server.maintenanceDatabase, untilDone, readWalState);
  } catch (error) {
    return { fault: describeError(error).message };
  }
}

/** What Temporal knows of the archiver; undefined when it cannot be asked. */
async function askTemporal(environment: Environment, server: string): Promise<ArchiverStatus | undefined> {
  try {
    return await withTemporal(environment, (client) => readArchiver(client, server));
  } catch {
    return undefined;
  }
}

export const status = new Command('status')
  .description('show what can be recovered to, how far the archive is behind the server, and its gaps')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups wal status
  temponest-backups wal status --json | jq .lagBytes

The store and the server are asked themselves; without Temporal only the archiver's own word is missing.
Exit codes: 0 nothing critical, 1 something critical, 2 wrong usage or configuration.`,
  )
  .action(
    action(async (context, options: { server?: string }) => {
      const configuration = await context.loadConfiguration();
      const server = resolveServer(configuration, options.server);
      const store = await openConfiguredStore(configuration);
      const [live, archiver] = await Promise.all([
        readLive(server, context.environment),
        askTemporal(context.environment, server.name),
      ]);
      const segmentBytes = 'fault' in live ? DEFAULT_SEGMENT_BYTES : live.segmentBytes;
      const clusters = await readWalStatus(store, server.name, segmentBytes, untilDone);
      const evidence = {
        server: server.name,
        clusters,
        live,
        ...(archiver ? { archiver } : {}),
        now: new Date(),
      };
      const findings = findWalFaults(evidence);
      const report = toWalReport(evidence, findings);
      if (context.json) printJson(report);
      else print(renderWalStatus(report));
      return findings.some(({ severity }) => severity === 'critical') ? 1 : 0;
    }),
  );
