import { Command } from 'commander';
import { resolveServer } from '../../config/resolve.js';
import { backupClusterArgument, parseArgument } from '../../model/arguments.js';
import { withTemporal } from '../connect.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport, reportDetached } from '../follow-to-report.js';
import { startRun } from '../start-run.js';

interface Options {
  server?: string;
  reason?: string;
  detach?: boolean;
}

async function startBaseBackup(context: Context, options: Options): Promise<ExitCode> {
  const server = resolveServer(await context.loadConfiguration(), options.server);
  const argument = parseArgument('backupCluster', backupClusterArgument, {
    server: server.name,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
  return withTemporal(context.environment, async (client) => {
    const run = await startRun(client, {
      verb: 'backup-cluster',
      type: 'backupCluster',
      server: server.name,
      argument,
    });
    return options.detach ? reportDetached(run, context) : followToReport(client, run, context);
  });
}

export const backupCluster = new Command('backup-cluster')
  .description('make a base backup of a whole server, for recovery to any moment after it')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--reason <text>', 'why, kept with the run')
  .option('--detach', 'start the run and do not wait for it')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups backup-cluster
  temponest-backups backup-cluster --reason 'before the upgrade' --detach

The server needs "wal" in backups.yaml, and its WAL archived: the base backup is committed when the WAL that was written
meanwhile is in the primary store.
Exit codes: 0 committed, 1 failed, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(action(startBaseBackup));
