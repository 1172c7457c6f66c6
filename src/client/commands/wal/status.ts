import { Command } from 'commander';
import { resolveServer } from '../../../config/resolve.js';
import { findWalFaults } from '../../../wal/find-wal-faults.js';
import { openConfiguredStore } from '../../configured-server.js';
import { action } from '../../context.js';
import { print, printJson } from '../../output.js';
import { readWalEvidence } from '../../status/read-wal-evidence.js';
import { renderWalStatus, toWalReport } from '../../status/render-wal-status.js';

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
      const evidence = await readWalEvidence(server, store, context.environment);
      const findings = findWalFaults(evidence);
      const report = toWalReport(evidence, findings);
      if (context.json) printJson(report);
      else print(renderWalStatus(report));
      return findings.some(({ severity }) => severity === 'critical') ? 1 : 0;
    }),
  );
