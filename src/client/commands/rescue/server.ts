import { Command } from 'commander';
import type { CreatedRoles } from '../../../restores/create-missing-roles.js';
import { withOwnAudit } from '../../audit/write-down.js';
import { action, type Context, type ExitCode } from '../../context.js';
import { count, formatBytes, print, printJson, renderTable, say } from '../../output.js';
import { fillDatabases, fillRoles, type FilledDatabase } from '../../rescue/fill-server.js';
import { addRestoreOptions, type RestoreOptions } from '../../rescue/options.js';
import { planServer, refusePresent } from '../../rescue/plan-server.js';
import { showRestores } from '../../rescue/show-restores.js';
import { withRescue, type Rescue } from '../../rescue/with-rescue.js';

interface Options extends RestoreOptions {
  skipExisting?: boolean;
}

async function fillServer(
  rescue: Rescue,
  context: Context,
  names: string[],
  { skipExisting }: Options,
): Promise<ExitCode> {
  const plan = await planServer(rescue, names);
  if (!skipExisting) refusePresent(rescue, plan);
  const server = rescue.target.server.name;
  const facts: Record<string, string> = { command: 'server' };
  const { roles, databases } = await withOwnAudit(
    context,
    { action: 'rescue', server, facts },
    async () => {
      const made = await fillRoles(rescue, plan.missingRoles);
      if (made) say(`Roles: ${made.created.length === 0 ? 'all there' : `made ${made.created.join(', ')}`}.`);
      const display = showRestores();
      const filled = await fillDatabases(rescue, plan, display).finally(() => display.close());
      for (const outcome of ['restored', 'failed', 'present'] as const) {
        const names = filled.filter((one) => one.outcome === outcome).map(({ database }) => database);
        if (names.length > 0) facts[outcome] = names.join(', ');
      }
      return { roles: made, databases: filled };
    },
    rescue.source.stores[0],
  );
  return report(server, roles, databases, context);
}

function report(
  server: string,
  roles: CreatedRoles | undefined,
  databases: FilledDatabase[],
  { json }: Context,
): ExitCode {
  const failed = databases.filter(({ outcome }) => outcome === 'failed').length;
  const restored = databases.filter(({ outcome }) => outcome === 'restored').length;
  if (json) printJson({ server, roles, databases });
  else {
    print(
      renderTable(['DATABASE', 'OUTCOME', 'BACKUP', '>TABLES', '>ROWS', '>SIZE'], databases.map(describeRow)),
    );
    for (const { role, member } of roles?.omittedMemberships ?? [])
      print(`Not made: the membership of ${member} in ${role}, which the server lacks.`);
    for (const one of databases)
      if (one.outcome === 'restored') for (const note of one.notes) print(`${one.database}: ${note}`);
    print(
      `${count(restored, 'database')} restored into server ${server} and identical to ${restored === 1 ? 'its backup' : 'their backups'}, ${failed} failed.`,
    );
    if (failed > 0) print('The same command with --skip-existing goes on with those that are not there.');
  }
  return failed === 0 ? 0 : 1;
}

function describeRow(one: FilledDatabase): string[] {
  if (one.outcome === 'present') return [one.database, 'was there already', '', '', '', ''];
  if (one.outcome === 'failed') return [one.database, one.failure.type, one.backup ?? '', '', '', ''];
  const { database, backup, tables, rows, bytes } = one;
  return [database, 'restored', backup, String(tables), String(rows), formatBytes(bytes)];
}

export const server = addRestoreOptions(
  new Command('server')
    .description('fill a new server from the newest backups: all roles, then every database')
    .argument('[databases...]', 'only these; default: those in backups.yaml, else all in the store')
    .option('--skip-existing', 'leave databases that are there as they are, and go on with the others'),
)
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups rescue server
  temponest-backups rescue server temporal temporal_visibility --host new-db
  temponest-backups rescue server --store s3://bucket/prefix --private-keys keys.asc --host new-db

Roles that the server has stay as they are, with their passwords. Tablespaces must be there before.
Exit codes: 0 all restored, 1 failed, 2 wrong usage or configuration, 130 ended by Ctrl-C.`,
  )
  .action(
    action((context, names: string[], options: Options): Promise<ExitCode> =>
      withRescue(context, options, (rescue) => fillServer(rescue, context, names, options)),
    ),
  );
