import { Command } from 'commander';
import { listBaseObjects } from '../../catalogue/base-backups.js';
import { listBackups } from '../../catalogue/list-backups.js';
import { resolveServer } from '../../config/resolve.js';
import { openConfiguredStore, untilDone } from '../configured-server.js';
import { action } from '../context.js';
import { reportListing } from '../report-listing.js';

export const list = new Command('list')
  .description('list the backups in a store, the newest first; Temporal is not needed')
  .argument(
    '[database]',
    'only its backups; left out, base backups of the whole server too; "globals" for the roles and tablespaces',
  )
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--store <name>', 'a store in backups.yaml (default: the primary)')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups list
  temponest-backups list langfuse
  temponest-backups list --json | jq -r '.backups[0].id'`,
  )
  .action(
    action(
      async (
        context,
        database: string | undefined,
        options: { server?: string; store?: string },
      ): Promise<undefined> => {
        const configuration = await context.loadConfiguration();
        const server = resolveServer(configuration, options.server);
        const store = await openConfiguredStore(configuration, options.store);
        const { backups } = await listBackups(store, server.name, untilDone);
        const { backups: baseBackups } = await listBaseObjects(store, server.name, untilDone);
        const configured = server.databases?.map(({ name }) => name);
        reportListing(
          [...backups, ...baseBackups],
          { server: server.name, store, database, ...(configured && { configured }) },
          context,
        );
      },
    ),
  );
