import { Command } from 'commander';
import { resolveServer } from '../../config/resolve.js';
import { drillDisasterRecoveryArgument, parseArgument } from '../../model/arguments.js';
import { withTemporal } from '../connect.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport, reportDetached } from '../follow-to-report.js';
import { startRun } from '../start-run.js';

interface Options {
  server?: string;
  from?: string;
  detach?: boolean;
}

async function startDrill(context: Context, options: Options): Promise<ExitCode> {
  const { name: server } = resolveServer(await context.loadConfiguration(), options.server);
  const argument = parseArgument('drillDisasterRecovery', drillDisasterRecoveryArgument, {
    server,
    ...(options.from === undefined ? {} : { from: options.from }),
  });
  return withTemporal(context.environment, async (client) => {
    const type = 'drillDisasterRecovery';
    const run = await startRun(client, { verb: 'drill-disaster', type, server, argument });
    return options.detach ? reportDetached(run, context) : followToReport(client, run, context);
  });
}

export const drillDisaster = new Command('drill-disaster')
  .description('play the loss of a server: recover it from what is archived, and measure RTO and RPO')
  .option('--server <name>', 'the server; needed when backups.yaml has several')
  .option('--from <store>', 'recover from this store; default: the primary')
  .option('--detach', 'start the drill and do not wait for it')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups drill-disaster
  temponest-backups drill-disaster --from replica

On the live server one transaction is committed that changes nothing; all else happens in a server that is then removed.
Exit codes: 0 it came back whole, 1 it did not, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(action(startDrill));
