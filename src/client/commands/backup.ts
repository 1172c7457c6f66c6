import { Command, Option } from 'commander';
import { resolveDatabase, resolveServer } from '../../config/resolve.js';
import { backupDatabasesArgument, parseArgument } from '../../model/arguments.js';
import { withTemporal } from '../connect.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport, reportDetached } from '../follow-to-report.js';
import { startRun } from '../start-run.js';

interface Options {
  server?: string;
  reason?: string;
  detach?: boolean;
  follow?: string;
}

async function startBackup(context: Context, databases: string[], options: Options): Promise<ExitCode> {
  const server = resolveServer(await context.loadConfiguration(), options.server);
  databases.forEach((name) => resolveDatabase(server, name));
  const argument = parseArgument('backupDatabases', backupDatabasesArgument, {
    server: server.name,
    ...(databases.length > 0 ? { databases } : {}),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
  return withTemporal(context.environment, async (client) => {
    const run = await startRun(client, {
      verb: 'backup',
      type: 'backupDatabases',
      server: server.name,
      argument,
    });
    return options.detach ? reportDetached(run, context) : followToReport(client, run, context);
  });
}

async function followBackup(context: Context, workflowId: string): Promise<ExitCode> {
  return withTemporal(context.environment, async (client) => {
    const { type } = await client.workflow.getHandle(workflowId).describe();
    return followToReport(client, { workflowId, type }, context);
  });
}

export const backup = new Command('backup')
  .description('back up databases now, all configured ones and the globals by default, and follow the run')
  .argument('[database...]', 'only these; nothing is pruned then')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--reason <text>', 'why, kept with the run')
  .option('--detach', 'start the run and do not wait for it')
  .addOption(
    new Option('--follow <workflow id>', 'follow a run that was started before').conflicts([
      'server',
      'reason',
      'detach',
    ]),
  )
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups backup
  temponest-backups backup langfuse approvals --reason 'before the upgrade'
  temponest-backups backup --detach --json | jq -r .workflowId

Ctrl-C detaches: the run goes on, and how to watch or cancel it is printed.
Exit codes: 0 all committed, 1 something failed, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(
    action((context, databases: string[], options: Options) =>
      options.follow === undefined
        ? startBackup(context, databases, options)
        : followBackup(context, options.follow),
    ),
  );
