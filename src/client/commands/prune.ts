import { Command } from 'commander';
import { previewPrune } from '../../catalogue/preview-prune.js';
import { pruneRules } from '../../config/retention.js';
import { resolveServer } from '../../config/resolve.js';
import type { PruneBackupsArgument } from '../../model/arguments.js';
import type { PruneResult } from '../../model/results.js';
import { confirm } from '../confirm.js';
import { databasesOf, openConfiguredStore, untilDone } from '../configured-server.js';
import { withTemporal } from '../connect.js';
import { action, type Context, type ExitCode } from '../context.js';
import { followToReport } from '../follow-to-report.js';
import { count, print, printJson, say } from '../output.js';
import { renderDecisions } from '../report-prune.js';
import { startRun } from '../start-run.js';

interface Options {
  server?: string;
  dryRun?: boolean;
  yes?: boolean;
}

/** What pruning would do now: the workflow's answer to a dry run, but with every decision. */
async function previewHere(context: Context, options: Options): Promise<PruneResult> {
  const configuration = await context.loadConfiguration();
  const server = resolveServer(configuration, options.server);
  const { preview } = await previewPrune(
    await openConfiguredStore(configuration),
    {
      server: server.name,
      ...pruneRules(configuration, server.name),
      configuredDatabases: await databasesOf(server, context.environment),
    },
    untilDone,
  );
  return preview;
}

const summarize = ({ kept, deleted, orphansSwept, walDeleted }: PruneResult) =>
  `${count(deleted, 'backup')}, ${count(orphansSwept, 'leftover')} of interrupted runs and ${count(walDeleted, 'WAL object')} would be deleted, ${count(kept, 'backup')} kept.`;

function reportPreview(preview: PruneResult, { json }: Context): ExitCode {
  if (json) printJson(preview);
  else {
    if (preview.decisions.length > 0) print(`${renderDecisions(preview.decisions)}\n`);
    print(`${summarize(preview)} Nothing was deleted (--dry-run).`);
  }
  return 0;
}

async function askAndPrune(context: Context, preview: PruneResult, options: Options): Promise<ExitCode> {
  const doomed = preview.decisions.filter(({ keep }) => !keep);
  if (preview.deleted + preview.orphansSwept + preview.walDeleted === 0) {
    if (context.json) printJson({ ...preview, dryRun: false });
    else print(`Nothing to delete; ${count(preview.kept, 'backup')} kept.`);
    return 0;
  }
  if (doomed.length > 0) say(`${renderDecisions(doomed)}\n`);
  say(summarize(preview));
  if (!options.yes && !(await confirm('Delete them? This cannot be undone.'))) {
    say('Nothing was deleted.');
    return 1;
  }
  const { server } = preview;
  const argument: PruneBackupsArgument = { server };
  return withTemporal(context.environment, async (client) =>
    followToReport(
      client,
      await startRun(client, { verb: 'prune', type: 'pruneBackups', server, argument }),
      context,
    ),
  );
}

export const prune = new Command('prune')
  .description('delete the backups that no rule of retention keeps; asks first')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--dry-run', 'only show every decision and the rule that made it; Temporal is not needed')
  .option('--yes', 'do not ask')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups prune --dry-run
  temponest-backups prune --yes

The newest backup of a database always stays, the newest that a drill has proven, and those of databases that
backups.yaml no longer lists.`,
  )
  .action(
    action(async (context, options: Options) => {
      const preview = await previewHere(context, options);
      return options.dryRun ? reportPreview(preview, context) : askAndPrune(context, preview, options);
    }),
  );
