import { Command } from 'commander';
import { findBackup } from '../../../catalogue/read-manifest.js';
import { untilDone } from '../../configured-server.js';
import { action } from '../../context.js';
import { print, printJson } from '../../output.js';
import { renderManifest } from '../../render-manifest.js';
import { openSource } from '../../rescue/open-source.js';
import { addSourceOptions, type SourceOptions } from '../../rescue/options.js';

export const show = addSourceOptions(
  new Command('show')
    .description('show what a backup holds, and which keys open it')
    .argument('<backup>', 'the id of a backup, as "rescue list" shows it'),
)
  .addHelpText(
    'after',
    `
Example:
  temponest-backups rescue show temporal_20261124_020000 --store s3://bucket/prefix`,
  )
  .action(
    action(async (context, id: string, options: SourceOptions): Promise<undefined> => {
      const { stores, server } = await openSource(context, options, untilDone);
      const manifest = await findBackup(stores[0], server, { id }, untilDone);
      if (context.json) printJson(manifest);
      else print(renderManifest(manifest));
    }),
  );
