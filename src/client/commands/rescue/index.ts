import { Command } from 'commander';
import { kit } from './kit.js';
import { list } from './list.js';
import { recover } from './recover.js';
import { restore } from './restore.js';
import { server } from './server.js';
import { show } from './show.js';

export const rescue = new Command('rescue')
  .description('break glass: restore from the stores alone, while Temporal and all else is down')
  .addCommand(list)
  .addCommand(show)
  .addCommand(restore)
  .addCommand(recover)
  .addCommand(server)
  .addCommand(kit)
  .addHelpText(
    'after',
    `
Everything comes from backups.yaml or, when that is lost as well, from --store with a URL, --private-keys and --host.
docs/break-glass.md tells what to do in which order.`,
  );
