import { Command } from 'commander';
import { findBaseBackup } from '../../catalogue/base-backups.js';
import { findBackup } from '../../catalogue/read-manifest.js';
import { resolveServer } from '../../config/resolve.js';
import { openConfiguredStore, untilDone } from '../configured-server.js';
import { action } from '../context.js';
import { print, printJson } from '../output.js';
import { renderBaseManifest } from '../render-base-manifest.js';
import { renderManifest } from '../render-manifest.js';

export const show = new Command('show')
  .description('show what a backup holds, by its manifest; Temporal is not needed')
  .argument('<backup>', 'the id of a backup, as "list" shows it')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--store <name>', 'a store in backups.yaml (default: the primary)')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups show langfuse_20261124_020000
  temponest-backups show langfuse_20261124_020000 --json | jq '.inventory.tables | length'`,
  )
  .action(
    action(async (context, id: string, options: { server?: string; store?: string }): Promise<undefined> => {
      const configuration = await context.loadConfiguration();
      const server = resolveServer(configuration, options.server);
      const store = await openConfiguredStore(configuration, options.store);
      const base = await findBaseBackup(store, server.name, id, untilDone);
      const manifest = base ?? (await findBackup(store, server.name, { id }, untilDone));
      if (context.json) printJson(manifest);
      else print(manifest.kind === 'base' ? renderBaseManifest(manifest) : renderManifest(manifest));
    }),
  );
