import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { describeTarget } from '../../../model/recovery-target.js';
import { confirm } from '../../confirm.js';
import { withOwnAudit } from '../../audit/write-down.js';
import { action, type Context, type ExitCode } from '../../context.js';
import { describeReplaced } from '../../describe-replaced.js';
import { count, formatAge, formatBytes, print, printJson, say } from '../../output.js';
import { addTargetOptions } from '../../recovery-options.js';
import { describeUndo } from '../../rescue/describe-undo.js';
import { addRestoreOptions, type RestoreOptions } from '../../rescue/options.js';
import { planRecovery, type PlannedRescue, type RecoveryChoice } from '../../rescue/plan-recovery.js';
import { runRecovery, type RescuedServer } from '../../rescue/run-recovery.js';
import { showRestores } from '../../rescue/show-restores.js';
import { withRescue, type Rescue } from '../../rescue/with-rescue.js';

interface Options extends RestoreOptions, RecoveryChoice {
  dryRun?: boolean;
  yes?: boolean;
}

async function recoverServer(rescue: Rescue, context: Context, options: Options): Promise<ExitCode> {
  const into = options.into === undefined ? undefined : resolve(options.into);
  const plan = await planRecovery(rescue, { ...options, ...(into === undefined ? {} : { into }) });
  for (const fault of plan.spooled.faults) say(`Not read from the spool: ${fault}`);
  if (options.dryRun) {
    const { summary, lines } = outline(plan);
    if (context.json) printJson({ dryRun: true, ...summary });
    else lines.forEach(print);
    return 0;
  }
  const { taken } = plan;
  const replaces = taken?.replaces;
  const server = rescue.target.server.name;
  const question = `Replace database ${replaces?.database} on server ${server} by what it was at ${describeTarget(plan.found.target)}? It is kept as ${replaces?.becomes}.`;
  if (replaces && !options.yes && !(await confirm(question))) {
    say('Nothing was done.');
    return 1;
  }
  const display = showRestores();
  const rescued = await withOwnAudit(
    context,
    {
      ...{ action: 'rescue', server: taken ? server : plan.found.base.server },
      ...(taken ? { database: taken.database } : {}),
      facts: {
        ...{ command: 'recover', baseBackup: plan.found.base.id, target: describeTarget(plan.found.target) },
        ...(taken ? { made: taken.made } : { directory: into ?? '' }),
        ...(replaces ? { keptAs: replaces.becomes } : {}),
      },
    },
    () => runRecovery(rescue, plan, into, display).finally(() => display.close()),
    rescue.source.stores[0],
  );
  const replaced = replaces && {
    database: replaces.becomes,
    undo: describeUndo(rescue.target, replaces.database, replaces.becomes),
  };
  if (context.json) printJson({ ...outline(plan).summary, ...rescued, ...(replaced ? { replaced } : {}) });
  else describe(plan, rescued, server, replaced).forEach(print);
  return 0;
}

function outline({ store, found, estimate, taken, spooled }: PlannedRescue) {
  const { base, target, path, segments } = found;
  const summary = {
    store: store.name,
    target,
    baseBackup: base.id,
    wal: { timeline: path.timeline, segments, bytes: estimate.walBytes },
    stagingBytes: estimate.stagingBytes,
    estimatedSeconds: estimate.seconds,
    ...(taken ? { database: taken.database, made: taken.made } : {}),
    spooled: spooled.files,
  };
  const lines = [
    `Recovers  server ${base.server} to ${describeTarget(target)}, from store ${store.name}`,
    `Base      ${base.id}, of ${base.stopTime}: ${formatBytes(estimate.base.bytes)} stored`,
    `WAL       ${count(segments, 'segment')} on timeline ${path.timeline}: ${formatBytes(estimate.walBytes)} stored`,
    ...(spooled.files.length > 0
      ? [`Spool     ${spooled.files.join(', ')}: received, and in no store yet`]
      : []),
    ...(taken ? [`Takes     database ${taken.database}, as ${taken.made}`] : []),
    `Takes up  ${formatBytes(estimate.stagingBytes)}, and about ${formatAge(estimate.seconds)}`,
  ];
  return { summary, lines };
}

function describe(
  { found: { base, target }, taken }: PlannedRescue,
  { reached, notes, handedOver, restored }: RescuedServer,
  server: string,
  replaced: { database: string; undo: string } | undefined,
): string[] {
  return [
    `Server ${base.server} was recovered to ${describeTarget(target)}, at LSN ${reached.lsn}${reached.lastTransaction === undefined ? '' : `; the last transaction in it ended at ${reached.lastTransaction}`}.`,
    ...(handedOver
      ? [
          `It is in ${handedOver.directory}, which belongs to user ${handedOver.owner}; start PostgreSQL on it.`,
        ]
      : []),
    ...(restored && taken
      ? [
          `Database ${taken.replaces ? taken.database : taken.made} on server ${server}: ${count(restored.tables, 'table')} with ${count(restored.rows, 'row')}, compared row for row.`,
          ...restored.notes,
        ]
      : []),
    ...notes,
    ...describeReplaced(replaced),
  ];
}

export const recover = addRestoreOptions(
  addTargetOptions(
    new Command('recover')
      .description('bring back any second: a whole server as a data directory, or one database of it')
      .option('--database <name>', 'take this one out of the recovered server, and restore it')
      .addOption(
        new Option(
          '--into <directory>',
          'without --database: the data directory to make; empty or not there',
        ).conflicts('database'),
      )
      .addOption(
        new Option('--as <name>', 'the new database; default: <database>_restored_<time>').conflicts('swap'),
      )
      .option('--swap', 'put it in the place of the live database, which is kept under another name'),
  ),
)
  .option(
    '--spool <directory>',
    'the staging volume of the worker that archived WAL, for what it had received last; default: that of backups.yaml',
  )
  .option('--dry-run', 'only say what would be done')
  .option('--yes', 'do not ask before a live database is replaced')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups rescue recover --latest --into /var/lib/postgresql/recovered
  temponest-backups rescue recover --time 2026-11-24T14:29:00Z --database temporal --swap
  temponest-backups rescue recover --latest --into /recovered/data --store s3://bucket/prefix --private-keys keys.asc

On the host that archived WAL, what it had received and not yet stored is recovered as well, the part of the last segment
included; where that is not the host with the keys, copy its staging volume's directory "wal" and name what it is in with
--spool. With --directory, another try goes on where one that failed or was ended has stopped.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 ended by Ctrl-C.`,
  )
  .action(
    action((context, options: Options): Promise<ExitCode> =>
      withRescue(context, options, (rescue) => recoverServer(rescue, context, options)),
    ),
  );
