import { Command } from 'commander';
import { resolveServer } from '../../config/resolve.js';
import { parseArgument, verifyBackupsArgument } from '../../model/arguments.js';
import { withTemporal } from '../connect.js';
import { action } from '../context.js';
import { followToReport } from '../follow-to-report.js';
import { startRun } from '../start-run.js';

export const verify = new Command('verify')
  .description(
    'look for what is wrong with the backups: WAL that is missing or late, base backups without their WAL',
  )
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups verify
  temponest-backups verify --json | jq '.findings[].what'

Exit codes: 0 nothing critical, 1 something critical, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(
    action(async (context, options: { server?: string }) => {
      const server = resolveServer(await context.loadConfiguration(), options.server).name;
      const argument = parseArgument('verifyBackups', verifyBackupsArgument, { server });
      return withTemporal(context.environment, async (client) => {
        const run = await startRun(client, { verb: 'verify', type: 'verifyBackups', server, argument });
        return followToReport(client, run, context);
      });
    }),
  );
