import { hostname, userInfo } from 'node:os';
import { Command, Option } from 'commander';
import { resolveServer } from '../../config/resolve.js';
import { parseArgument, recoverToPointInTimeArgument } from '../../model/arguments.js';
import { requireOutcome, targetOf } from '../../model/recovery-argument.js';
import { confirm } from '../confirm.js';
import { withTemporal } from '../connect.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport, reportDetached } from '../follow-to-report.js';
import { say } from '../output.js';
import { addTargetOptions, toTargetArgument, type TargetOptions } from '../recovery-options.js';
import { startRun } from '../start-run.js';

interface Options extends TargetOptions {
  server?: string;
  from?: string;
  database?: string;
  into?: string;
  intoServer?: string;
  as?: string;
  swap?: boolean;
  dryRun?: boolean;
  reason?: string;
  yes?: boolean;
  detach?: boolean;
}

/** The workflow's argument that the options stand for. */
function toArgument(server: string, options: Options): unknown {
  const into = {
    ...(options.into === undefined ? {} : { directory: options.into }),
    ...(options.intoServer === undefined ? {} : { server: options.intoServer }),
    ...(options.as === undefined ? {} : { database: options.as }),
  };
  return {
    server,
    ...toTargetArgument(options),
    ...(options.database === undefined ? {} : { database: options.database }),
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(Object.keys(into).length === 0 ? {} : { into }),
    ...(options.swap ? { mode: 'swap' } : {}),
    ...(options.dryRun ? { dryRun: true } : {}),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    requestedBy: `${userInfo().username}@${hostname()}`,
  };
}

async function recoverServer(context: Context, options: Options): Promise<ExitCode> {
  const { name: server } = resolveServer(await context.loadConfiguration(), options.server);
  const argument = parseArgument(
    'recoverToPointInTime',
    recoverToPointInTimeArgument,
    toArgument(server, options),
  );
  // What is wrong is said here and now, and not by a run.
  requireOutcome(argument);
  targetOf(argument, new Date());
  if (argument.mode === 'swap' && !argument.dryRun && !options.yes) {
    const where = options.intoServer ?? server;
    const question = `Replace database ${argument.database} on server ${where} by what it was then? It is kept under another name.`;
    if (!(await confirm(question))) {
      say('Nothing was done.');
      return 1;
    }
  }
  return withTemporal(context.environment, async (client) => {
    const run = await startRun(client, { verb: 'recover', type: 'recoverToPointInTime', server, argument });
    return options.detach ? reportDetached(run, context) : followToReport(client, run, context);
  });
}

export const recover = addTargetOptions(
  new Command('recover').description(
    'bring back any second: a whole server as a data directory, or one database of it',
  ),
)
  .option('--database <name>', 'take this one out of the recovered server, and restore it')
  .option('--server <name>', 'the server; needed when backups.yaml has several')
  .option('--from <store>', 'read this store; default: the first one that has what is needed')
  .addOption(
    new Option(
      '--into <directory>',
      'without --database: the data directory to make, on the restore worker; empty or not there',
    ).conflicts('database'),
  )
  .option('--into-server <name>', 'restore the database into this server; default: its own')
  .addOption(
    new Option('--as <name>', 'the new database; default: <database>_restored_<time>').conflicts('swap'),
  )
  .option('--swap', 'then put it in the place of the live database, which is kept under another name')
  .option('--dry-run', 'only say what would be done')
  .option('--reason <text>', 'why, for whoever approves it and for the audit trail')
  .option('--yes', 'do not ask before a live database is replaced')
  .option('--detach', 'start the run and do not wait for it')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups recover --time 2026-11-24T14:29:00Z --database agentic
  temponest-backups recover --time 2026-11-24T15:29:00+01:00 --database agentic --swap --reason 'dropped a table'
  temponest-backups recover --latest --into /recovered/data
  temponest-backups recover --time 2026-11-24T14:29:00Z --database agentic --dry-run

A time, a position (--lsn), a restore point (--name) or the latest: exactly one. What was committed up to it is there,
and nothing that was committed later. A swap and a whole server wait for the approvals that backups.yaml asks for.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(action(recoverServer));
