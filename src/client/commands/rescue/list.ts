import { Command } from 'commander';
import { listBackups } from '../../../catalogue/list-backups.js';
import { untilDone } from '../../configured-server.js';
import { action } from '../../context.js';
import { reportListing } from '../../report-listing.js';
import { openSource } from '../../rescue/open-source.js';
import { addSourceOptions, type SourceOptions } from '../../rescue/options.js';

export const list = addSourceOptions(
  new Command('list')
    .description('list the backups in a store, the newest first')
    .argument('[database]', 'only its backups; "globals" for the roles and tablespaces'),
)
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups rescue list
  temponest-backups rescue list --store file:///mnt/backups`,
  )
  .action(
    action(async (context, database: string | undefined, options: SourceOptions): Promise<undefined> => {
      const { stores, server } = await openSource(context, options, untilDone);
      const { backups } = await listBackups(stores[0], server, untilDone);
      reportListing(backups, { server, store: stores[0], database }, context);
    }),
  );
