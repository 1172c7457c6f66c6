import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { resolveDatabase, resolveServer } from '../../config/resolve.js';
import { backupDatabasesArgument, parseArgument } from '../../model/arguments.js';
import { encodeName } from '../../model/names.js';
import { MAIN_QUEUE } from '../../model/queues.js';
import type { backupDatabases } from '../../workflows/index.js';
import { withTemporal } from '../connect.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport, reportDetached } from '../follow-to-report.js';

interface Options {
  server?: string;
  reason?: string;
  detach?: boolean;
  follow?: string;
}

/** Time, for people who read the list of workflows, and something unique. */
function makeWorkflowId(server: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return `${MAIN_QUEUE}/backup/${encodeName(server)}/${time}-${randomBytes(3).toString('hex')}`;
}

async function startBackup(context: Context, databases: string[], options: Options): Promise<ExitCode> {
  const server = resolveServer(await context.loadConfiguration(), options.server);
  databases.forEach((name) => resolveDatabase(server, name));
  const argument = parseArgument('backupDatabases', backupDatabasesArgument, {
    server: server.name,
    ...(databases.length > 0 ? { databases } : {}),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
  const run = { workflowId: makeWorkflowId(server.name), type: 'backupDatabases' };
  return withTemporal(context.environment, async (client) => {
    await client.workflow.start<typeof backupDatabases>(run.type, {
      workflowId: run.workflowId,
      taskQueue: MAIN_QUEUE,
      args: [argument],
      memo: { requestedBy: context.environment.identity },
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
