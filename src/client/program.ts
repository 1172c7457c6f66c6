import { Command } from 'commander';
import { audit } from './commands/audit/index.js';
import { backupCluster } from './commands/backup-cluster.js';
import { backup } from './commands/backup.js';
import { config } from './commands/config/index.js';
import { drillDisaster } from './commands/drill-disaster.js';
import { drill } from './commands/drill.js';
import { list } from './commands/list.js';
import { prune } from './commands/prune.js';
import { recoverServer } from './commands/recover-server.js';
import { recover } from './commands/recover.js';
import { rescue } from './commands/rescue/index.js';
import { restore } from './commands/restore.js';
import { schedules } from './commands/schedules/index.js';
import { show } from './commands/show.js';
import { status } from './commands/status.js';
import { stores } from './commands/stores/index.js';
import { undoSwapCommand as undoSwap } from './commands/undo-swap.js';
import { verify } from './commands/verify.js';
import { wal } from './commands/wal/index.js';
import { worker } from './commands/worker.js';
import { version } from '../config/version.js';

/** The command line, with everything that it understands. */
export const program = new Command('temponest-backups')
  .description('PostgreSQL backups that run as durable Temporal workflows')
  .version(version)
  .option(
    '--config <file>',
    'backups.yaml (default: TEMPONEST_BACKUPS_CONFIG, /etc/temponest-backups/backups.yaml)',
  )
  .option('--json', 'answer with one JSON document on standard output')
  .option('--verbose', 'with an error, show where it came from')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups config check       is everything there that backups.yaml asks for?
  temponest-backups schedules apply    run the backups every night
  temponest-backups backup             run them now
  temponest-backups status             how old are they?

Temporal is found by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other variables of Temporal's own clients.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.`,
  )
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('(--help shows how it is used)');
for (const command of [
  worker,
  backup,
  backupCluster,
  list,
  show,
  status,
  restore,
  recover,
  recoverServer,
  undoSwap,
  rescue,
  drill,
  drillDisaster,
  verify,
  wal,
  audit,
  stores,
  prune,
  schedules,
  config,
])
  program.addCommand(command);

/** What commander hands down only to the commands that it makes itself: no end of the process with a code of its own. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

program.exitOverride();
inheritSettings(program);
