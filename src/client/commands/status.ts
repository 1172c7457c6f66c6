import { Command } from 'commander';
import { latestBackups } from '../../catalogue/latest-backups.js';
import { resolveServer } from '../../config/resolve.js';
import { databasesOf, openConfiguredStore, untilDone } from '../configured-server.js';
import { action } from '../context.js';
import { print, printJson } from '../output.js';
import { assessBase } from '../../verification/assess-base.js';
import { assessSubjects } from '../../verification/assess-subjects.js';
import { readTemporalStatus } from '../status/read-temporal-status.js';
import { renderStatus } from '../status/render-status.js';

export const status = new Command('status')
  .description('show how old the last backup of each database is, what runs now and what runs next')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups status
  temponest-backups status --json | jq '.databases[] | select(.state != "ok")'

Exit codes: 0 all have a backup of the last 25 h (the whole server, where its WAL is archived, one of the last 8 days), 1 one is older or Temporal does not answer, 2 one has none at all.`,
  )
  .action(
    action(async (context, options: { server?: string }) => {
      const configuration = await context.loadConfiguration();
      const server = resolveServer(configuration, options.server);
      const store = await openConfiguredStore(configuration);
      const [databases, latest, base, temporal] = await Promise.all([
        databasesOf(server, context.environment),
        latestBackups(store, server.name, untilDone),
        server.wal ? assessBase(store, server.name, untilDone) : undefined,
        readTemporalStatus(context.environment),
      ]);
      const subjects = [
        ...assessSubjects({ databases, globals: server.globals }, latest, new Date()),
        ...(base ? [base] : []),
      ];
      if (context.json) printJson({ server: server.name, store: store.name, databases: subjects, temporal });
      else print(renderStatus(subjects, temporal));
      if (subjects.some(({ state }) => state === 'critical')) return 2;
      return subjects.some(({ state }) => state === 'warning') || temporal.fault !== undefined ? 1 : 0;
    }),
  );
