import { Command, Option } from 'commander';
import { chooseBackup } from '../../../catalogue/choose-backup.js';
import { OperationError } from '../../../model/failures.js';
import { replacedName, restoredName } from '../../../model/restore-names.js';
import type { Restoration } from '../../../restores/restore-backup.js';
import { confirm } from '../../confirm.js';
import { action, type Context, type ExitCode } from '../../context.js';
import { say } from '../../output.js';
import { describeUndo } from '../../rescue/describe-undo.js';
import { openSource } from '../../rescue/open-source.js';
import { addRestoreOptions, type RestoreOptions } from '../../rescue/options.js';
import { findLeftovers, inspectTarget, requireDatabase, requireSpace } from '../../rescue/plan-rescue.js';
import { reportRescue } from '../../rescue/report-rescue.js';
import { resolveMeans, resolveTarget } from '../../rescue/resolve-means.js';
import { makeRoles, runRestoration } from '../../rescue/run-restoration.js';
import { showRestores } from '../../rescue/show-restores.js';
import { untilInterrupted } from '../../rescue/until-interrupted.js';
import { withWorkDirectory } from '../../rescue/work-directory.js';

interface Options extends RestoreOptions {
  backup?: string;
  before?: string;
  as?: string;
  swap?: boolean;
  createRoles?: boolean;
  yes?: boolean;
}

async function rescueRestore(context: Context, database: string, options: Options): Promise<ExitCode> {
  return untilInterrupted((signal) =>
    withWorkDirectory(options.directory, (directory) =>
      restoreIn(directory, context, database, options, signal),
    ),
  );
}

async function restoreIn(
  directory: string,
  context: Context,
  database: string,
  options: Options,
  signal: AbortSignal,
): Promise<ExitCode> {
  const source = await openSource(context, options, signal);
  const means = await resolveMeans(context, source, options);
  const target = await resolveTarget(context, source, options);
  const subject = { kind: 'database', server: source.server, database } as const;
  const choice = options.before === undefined ? (options.backup ?? 'latest') : { before: options.before };
  const chosen = await chooseBackup(source.stores, subject, choice, undefined, signal);
  const manifest = requireDatabase(chosen.manifest);

  const now = new Date();
  const made = options.as ?? restoredName(database, now);
  const becomes = replacedName(database, now);
  const restoreId = `rescue of ${manifest.id} ${options.swap ? `in place of ${database}` : `as ${made}`}`;
  const facts = await inspectTarget(target, manifest, [made, database], means, directory, signal);
  const leftovers = await findLeftovers(target, restoreId, signal);
  if (facts.existing.has(made) && !leftovers.includes(made))
    throw new OperationError(
      'TargetExists',
      `Server ${target.server.name} has a database "${made}" already, and nothing is ever restored into one that exists; name another with --as, or replace it with --swap.`,
    );
  if (options.swap && !facts.existing.has(database))
    throw new OperationError(
      'TargetUnfit',
      `Server ${target.server.name} has no database "${database}" to be replaced; restore it with --as ${database}.`,
    );
  if (facts.missingRoles.length > 0 && !options.createRoles)
    throw new OperationError(
      'TargetUnfit',
      `Server ${target.server.name} lacks the roles ${facts.missingRoles.join(', ')} of backup ${manifest.id}; create them, or add --create-roles.`,
    );
  await requireSpace(directory, manifest);

  const question = `Replace database ${database} on server ${target.server.name} by backup ${manifest.id}? It is kept as ${becomes}.`;
  if (options.swap && !options.yes && !(await confirm(question))) {
    say('Nothing was done.');
    return 1;
  }
  const { store } = chosen;
  const roles =
    facts.missingRoles.length > 0
      ? await makeRoles(
          { store, server: source.server },
          target,
          facts.missingRoles,
          directory,
          means,
          signal,
        )
      : undefined;
  const restoration: Restoration = {
    store,
    manifest,
    target: { ...target, database: made, restoreId },
    ...(options.swap ? { replaces: { database, becomes } } : {}),
  };
  const display = showRestores();
  const compared = await runRestoration(restoration, directory, means, display, signal).finally(() =>
    display.close(),
  );
  return reportRescue(
    {
      backup: manifest.id,
      store: store.name,
      server: target.server.name,
      database: options.swap ? database : made,
      ...compared,
      ...(roles ? { roles } : {}),
      ...(options.swap
        ? { replaced: { database: becomes, undo: describeUndo(target, database, becomes) } }
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
    .option('--create-roles', 'make the roles that the target lacks, from the backup of the globals'),
)
  .option('--yes', 'do not ask before a live database is replaced')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups rescue restore temporal --swap
  temponest-backups rescue restore agentic --store s3://bucket/prefix --private-keys keys.asc --host db2 --as agentic

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 ended by Ctrl-C.`,
  )
  .action(action(rescueRestore));
