import { userInfo, hostname } from 'node:os';
import { Command, Option } from 'commander';
import { resolveServer } from '../../config/resolve.js';
import { parseArgument, restoreDatabaseArgument } from '../../model/arguments.js';
import { withTemporal } from '../connect.js';
import { confirm } from '../confirm.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport, reportDetached } from '../follow-to-report.js';
import { say } from '../output.js';
import { startRun } from '../start-run.js';

interface Options {
  server?: string;
  backup?: string;
  before?: string;
  from?: string;
  intoServer?: string;
  as?: string;
  swap?: boolean;
  table?: string[];
  createRoles?: boolean;
  dryRun?: boolean;
  reason?: string;
  yes?: boolean;
  detach?: boolean;
}

/** The workflow's argument that the options stand for. */
function toArgument(server: string, database: string, options: Options): unknown {
  const into = {
    ...(options.intoServer === undefined ? {} : { server: options.intoServer }),
    ...(options.as === undefined ? {} : { database: options.as }),
  };
  return {
    server,
    database,
    ...(options.before === undefined ? {} : { backup: { before: options.before } }),
    ...(options.backup === undefined ? {} : { backup: options.backup }),
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(Object.keys(into).length === 0 ? {} : { into }),
    mode: options.swap ? 'swap' : 'beside',
    ...(options.table === undefined ? {} : { tables: options.table }),
    ...(options.createRoles ? { createRoles: true } : {}),
    ...(options.dryRun ? { dryRun: true } : {}),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    requestedBy: `${userInfo().username}@${hostname()}`,
  };
}

async function restoreBackup(context: Context, database: string, options: Options): Promise<ExitCode> {
  const { name: server } = resolveServer(await context.loadConfiguration(), options.server);
  const argument = parseArgument(
    'restoreDatabase',
    restoreDatabaseArgument,
    toArgument(server, database, options),
  );
  const replaces = argument.mode === 'swap' && !argument.dryRun;
  if (replaces && !options.yes) {
    const where = options.intoServer ?? server;
    if (!(await confirm(`Replace database ${database} on server ${where}? It is kept under another name.`))) {
      say('Nothing was done.');
      return 1;
    }
  }
  return withTemporal(context.environment, async (client) => {
    const run = await startRun(client, { verb: 'restore', type: 'restoreDatabase', server, argument });
    return options.detach ? reportDetached(run, context) : followToReport(client, run, context);
  });
}

export const restore = new Command('restore')
  .description('make a database again from a backup: beside the live one, or in its place')
  .argument('<database>', 'the database whose backup is restored')
  .option('--server <name>', 'the server of the backup; needed when backups.yaml has several')
  .option('--backup <id>', 'this backup; default: the latest')
  .addOption(
    new Option('--before <time>', 'the last backup made before this moment (ISO 8601, with zone)').conflicts(
      'backup',
    ),
  )
  .option('--from <store>', 'read this store; default: the first one that has the backup')
  .option('--into-server <name>', 'restore into this server; default: the backup’s own')
  .addOption(
    new Option('--as <name>', 'the new database; default: <database>_restored_<time>').conflicts('swap'),
  )
  .option('--swap', 'then put it in the place of the live database, which is kept under another name')
  .addOption(new Option('--table <table...>', 'restore only these tables').conflicts('swap'))
  .option('--create-roles', 'make the roles that the target lacks, from the backup of the globals')
  .option('--dry-run', 'only say what would be done, and what the target lacks')
  .option('--reason <text>', 'why, for whoever approves it and for the audit trail')
  .option('--yes', 'do not ask before a live database is replaced')
  .option('--detach', 'start the run and do not wait for it')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups restore agentic --dry-run
  temponest-backups restore agentic --table public.agents
  temponest-backups restore agentic --before 2026-11-24T02:00:00Z --as agentic_yesterday
  temponest-backups restore agentic --swap --reason 'bad migration'

A swap waits for the approvals that backups.yaml asks for. How to undo it is printed.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(action(restoreBackup));
