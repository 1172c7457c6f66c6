import { Command } from 'commander';
import { resolveDatabase, resolveServer } from '../../config/resolve.js';
import { drillRestoreArgument, parseArgument } from '../../model/arguments.js';
import { withTemporal } from '../connect.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport, reportDetached } from '../follow-to-report.js';
import { startRun } from '../start-run.js';

interface Options {
  server?: string;
  from?: string;
  detach?: boolean;
}

async function startDrill(context: Context, databases: string[], options: Options): Promise<ExitCode> {
  const server = resolveServer(await context.loadConfiguration(), options.server);
  databases.forEach((name) => resolveDatabase(server, name));
  const argument = parseArgument('drillRestore', drillRestoreArgument, {
    server: server.name,
    ...(databases.length > 0 ? { databases } : {}),
    ...(options.from === undefined ? {} : { from: options.from }),
  });
  return withTemporal(context.environment, async (client) => {
    const run = await startRun(client, {
      verb: 'drill',
      type: 'drillRestore',
      server: server.name,
      argument,
    });
    return options.detach ? reportDetached(run, context) : followToReport(client, run, context);
  });
}

export const drill = new Command('drill')
  .description('prove backups: restore the newest ones into a scratch server and compare them row by row')
  .argument('[database...]', 'only these; default: every configured one, and the globals')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--from <store>', 'read this store; default: the primary')
  .option('--detach', 'start the drill and do not wait for it')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups drill
  temponest-backups drill langfuse --from replica

The live server is not touched. The report lies in the store below drills/, as JSON and as a page for people.
Exit codes: 0 all proven, 1 something is not, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(action(startDrill));
