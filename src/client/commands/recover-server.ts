import { hostname, userInfo } from 'node:os';
import { Command, Option } from 'commander';
import { resolveServer } from '../../config/resolve.js';
import { parseArgument, recoverServerArgument } from '../../model/arguments.js';
import { targetOf } from '../../model/recovery-argument.js';
import { confirm } from '../confirm.js';
import { withTemporal } from '../connect.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport, reportDetached } from '../follow-to-report.js';
import { say } from '../output.js';
import { startRun } from '../start-run.js';

interface Options {
  into?: string;
  intoServer?: string;
  time?: string;
  server?: string;
  from?: string;
  dryRun?: boolean;
  reason?: string;
  yes?: boolean;
  detach?: boolean;
}

async function recoverWhole(context: Context, options: Options): Promise<ExitCode> {
  const configuration = await context.loadConfiguration();
  const { name: server } = resolveServer(configuration, options.server);
  const argument = parseArgument('recoverServer', recoverServerArgument, {
    server,
    into: {
      ...(options.into === undefined ? {} : { directory: options.into }),
      ...(options.intoServer === undefined ? {} : { server: options.intoServer }),
    },
    ...(options.dryRun ? { dryRun: true } : {}),
    ...(options.time === undefined ? {} : { pointInTime: options.time }),
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    requestedBy: `${userInfo().username}@${hostname()}`,
  });
  if (options.intoServer !== undefined) resolveServer(configuration, options.intoServer);
  targetOf({ targetTime: argument.pointInTime }, new Date());
  if (!options.yes && !options.dryRun) {
    const steps = configuration.restore.cutover.map(({ step }) => step);
    const then = steps.length > 0 ? `, and then: ${steps.join(', ')}` : '';
    if (
      !(await confirm(
        `Recover server ${server} into ${options.into ?? `the empty server ${options.intoServer}`}${then}?`,
      ))
    ) {
      say('Nothing was done.');
      return 1;
    }
  }
  return withTemporal(context.environment, async (client) => {
    const run = await startRun(client, { verb: 'recover-server', type: 'recoverServer', server, argument });
    return options.detach ? reportDetached(run, context) : followToReport(client, run, context);
  });
}

export const recoverServer = new Command('recover-server')
  .description('after the loss of a server: recover it whole, and take the steps that put it in its place')
  .addOption(
    new Option(
      '--into <directory>',
      'the data directory to make, on the restore worker; empty or not there',
    ).conflicts('intoServer'),
  )
  .option('--into-server <name>', 'an empty server in backups.yaml that gets all roles and databases')
  .option('--time <time>', 'as it was at this moment (ISO 8601, with zone); default: all that was archived')
  .option('--server <name>', 'the server; needed when backups.yaml has several')
  .option('--from <store>', 'read this store; default: the first one that has what is needed')
  .option('--reason <text>', 'why, for whoever approves it and for the audit trail')
  .option('--dry-run', 'only say what would be done')
  .option('--yes', 'do not ask')
  .option('--detach', 'start the run and do not wait for it')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups recover-server --into /recovered/data
  temponest-backups recover-server --into /recovered/data --time 2026-11-24T14:29:00Z --from replica
  temponest-backups recover-server --into-server new-db --reason 'lost the server'

The steps are those of restore.cutover in backups.yaml; "recover --latest --into" takes none of them.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(action(recoverWhole));
