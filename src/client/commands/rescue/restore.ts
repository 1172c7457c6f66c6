import { Command, Option } from 'commander';
import { withOwnAudit } from '../../audit/write-down.js';
import { confirm } from '../../confirm.js';
import { action, type Context, type ExitCode } from '../../context.js';
import { describePlan } from '../../describe-plan.js';
import { print, printJson, say } from '../../output.js';
import { describeUndo } from '../../rescue/describe-undo.js';
import { addRestoreOptions, type RestoreOptions } from '../../rescue/options.js';
import { planRestore, refuseMissing, type RestoreChoice } from '../../rescue/plan-restore.js';
import { reportRescue } from '../../rescue/report-rescue.js';
import { makeRoles, runRestoration } from '../../rescue/run-restoration.js';
import { showRestores } from '../../rescue/show-restores.js';
import { withRescue, type Rescue } from '../../rescue/with-rescue.js';

interface Options extends RestoreOptions, RestoreChoice {
  dryRun?: boolean;
  yes?: boolean;
}

async function restoreOne(
  rescue: Rescue,
  context: Context,
  database: string,
  options: Options,
): Promise<ExitCode> {
  const plan = await planRestore(rescue, database, options);
  const { outline, restoration } = plan;
  if (options.dryRun) {
    if (context.json) printJson({ dryRun: true, plan: outline });
    else for (const line of describePlan(outline)) print(line);
    return 0;
  }
  refuseMissing(rescue, plan);
  const { backup, store, into, replaces, missing } = outline;
  const question = `Replace database ${database} on server ${into.server} by backup ${backup.id}? It is kept as ${replaces?.becomes}.`;
  if (replaces && !options.yes && !(await confirm(question))) {
    say('Nothing was done.');
    return 1;
  }
  const { roles, ...compared } = await withOwnAudit(
    context,
    {
      ...{ action: 'rescue', server: into.server, database },
      facts: {
        ...{ command: 'restore', backup: backup.id, store, made: into.database },
        ...(replaces ? { keptAs: replaces.becomes } : {}),
      },
    },
    async () => {
      const made =
        missing.roles.length > 0 ? await makeRoles(rescue, restoration.stores[0]!, missing.roles) : undefined;
      const display = showRestores();
      const done = await runRestoration(rescue, restoration, display).finally(() => display.close());
      return { ...done, roles: made };
    },
    rescue.source.stores[0],
  );
  return reportRescue(
    {
      backup: backup.id,
      store,
      server: into.server,
      database: replaces ? database : into.database,
      ...compared,
      ...(roles ? { roles } : {}),
      ...(replaces
        ? {
            replaced: {
              database: replaces.becomes,
              undo: describeUndo(rescue.target, database, replaces.becomes),
            },
          }
        : {}),
    },
    context,
  );
}

export const restore = addRestoreOptions(
  new Command('restore')
    .description('make a database again from a backup: beside the live one, or in its place')
    .argument('<database>', 'the database whose backup is restored')
    .option('--backup <id>', 'this backup; default: the latest')
    .addOption(
      new Option(
        '--before <time>',
        'the last backup made before this moment (ISO 8601, with zone)',
      ).conflicts('backup'),
    )
    .addOption(
      new Option('--as <name>', 'the new database; default: <database>_restored_<time>').conflicts('swap'),
    )
    .option('--swap', 'put it in the place of the live database, which is kept under another name')
    .addOption(new Option('--table <table...>', 'restore only these tables').conflicts('swap'))
    .option('--create-roles', 'make the roles that the target lacks, from the backup of the globals'),
)
  .option('--dry-run', 'only say what would be done, and what the target lacks')
  .option('--yes', 'do not ask before a live database is replaced')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups rescue restore temporal --dry-run
  temponest-backups rescue restore temporal --swap
  temponest-backups rescue restore agentic --table public.agents --table public.tasks
  temponest-backups rescue restore agentic --store s3://bucket/prefix --private-keys keys.asc --host db2 --as agentic

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 ended by Ctrl-C.`,
  )
  .action(
    action((context, database: string, options: Options): Promise<ExitCode> =>
      withRescue(context, options, (rescue) => restoreOne(rescue, context, database, options)),
    ),
  );
