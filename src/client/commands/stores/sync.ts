import { Command } from 'commander';
import { resolveServer } from '../../../config/resolve.js';
import { replicationId } from '../../../model/replication.js';
import { askForCopies } from '../../../replication/ask-for-copies.js';
import { withTemporal } from '../../connect.js';
import { action, type ExitCode } from '../../context.js';
import { followToReport, reportDetached } from '../../follow-to-report.js';
import { chooseReplicas } from './choose-replicas.js';

interface Options {
  server?: string;
  detach?: boolean;
}

export const sync = new Command('sync')
  .description('copy to the replicas now what they lack of the primary, and follow it')
  .argument('[store]', 'only this one')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--detach', 'do not follow it')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups stores sync
  temponest-backups stores sync offsite

It happens by itself with every backup, and every few minutes where WAL is archived. Ctrl-C stops following, not copying.
Exit codes: 0 the replicas have all that the primary has, 1 something could not be copied, 2 wrong usage or configuration.`,
  )
  .action(
    action(async (context, wanted: string | undefined, options: Options) => {
      const configuration = await context.loadConfiguration();
      const { name: server } = resolveServer(configuration, options.server);
      const replicas = chooseReplicas(configuration, wanted);
      return withTemporal(context.environment, async (client) => {
        for (const store of replicas) await askForCopies(client, server, store);
        let exitCode: ExitCode = 0;
        for (const store of replicas) {
          const run = { workflowId: replicationId(server, store), type: 'replicate' };
          const code = options.detach
            ? reportDetached(run, context)
            : await followToReport(client, run, context);
          if (code === 130) return code;
          if (code !== 0) exitCode = code;
        }
        return exitCode;
      });
    }),
  );
