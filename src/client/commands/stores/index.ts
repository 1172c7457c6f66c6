import { Command } from 'commander';
import { check } from './check.js';
import { compare } from './compare.js';
import { lifecycle } from './lifecycle.js';
import { sync } from './sync.js';

export const stores = new Command('stores')
  .description('where backups are kept: the primary store, and its replicas')
  .addCommand(check)
  .addCommand(compare)
  .addCommand(lifecycle)
  .addCommand(sync)
  .addHelpText(
    'after',
    `
Example:
  temponest-backups stores compare`,
  );
