import { Command } from 'commander';
import { status } from './status.js';

export const wal = new Command('wal')
  .description('the archived write-ahead log: how far it is, and what can be recovered to')
  .addCommand(status)
  .addHelpText(
    'after',
    `
Example:
  temponest-backups wal status`,
  );
