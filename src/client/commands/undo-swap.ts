import { Command } from 'commander';
import { resolveAdministered } from '../../config/connections.js';
import { resolveServer } from '../../config/resolve.js';
import { OperationError } from '../../model/failures.js';
import { isNamedAfter, restoredName } from '../../model/restore-names.js';
import { swapDatabases } from '../../postgres/swap-databases.js';
import { withOwnAudit } from '../audit/write-down.js';
import { untilDone } from '../configured-server.js';
import { confirm } from '../confirm.js';
import { action, type Context, type ExitCode } from '../context.js';
import { print, printJson, say } from '../output.js';

interface Options {
  server?: string;
  yes?: boolean;
}

async function undoSwap(
  context: Context,
  database: string,
  replaced: string,
  { server: name, yes }: Options,
): Promise<ExitCode> {
  requireOurs(database, replaced);
  const server = resolveServer(await context.loadConfiguration(), name);
  const becomes = restoredName(database, new Date());
  if (
    !yes &&
    !(await confirm(
      `Put ${replaced} back in the place of ${database} on server ${server.name}? What is there now is kept as ${becomes}.`,
    ))
  ) {
    say('Nothing was done.');
    return 1;
  }
  const administered = await resolveAdministered(server, context.environment.passFile);
  await withOwnAudit(
    context,
    {
      ...{ action: 'undoSwap', server: server.name, database },
      facts: { putBack: replaced, keptAs: becomes },
    },
    () => swapDatabases(administered, { live: database, replacement: replaced, becomes }, untilDone),
  );
  if (context.json) printJson({ server: server.name, database, replaced: becomes });
  else print(`Database ${database} is what it was before; what replaced it is kept as ${becomes}.`);
  return 0;
}

/** What a mistyped name puts in the place of a live database is some other live one. */
function requireOurs(database: string, replaced: string): void {
  if (isNamedAfter(replaced, database)) return;
  throw new OperationError(
    'InvalidArgument',
    `${replaced} is not what a swap or a restore of ${database} would have kept or made; name ${database}_before_<time> or ${database}_restored_<time>, as the swap has printed it and \\l in psql shows it.`,
  );
}

export const undoSwapCommand = new Command('undo-swap')
  .description('put back the database that a restore has replaced; needs PostgreSQL only, not Temporal')
  .argument('<database>', 'the name that clients know')
  .argument('<replaced>', 'what the replaced one is called: <database>_before_<time>')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--yes', 'do not ask')
  .addHelpText(
    'after',
    `
Example:
  temponest-backups undo-swap agentic agentic_before_20261124_031500

Both databases stay: what is live now is kept as <database>_restored_<time>.`,
  )
  .action(action(undoSwap));
