import { Command } from 'commander';
import { list } from './list.js';
import { verify } from './verify.js';

export const audit = new Command('audit')
  .description('who did what, when, with which outcome; Temporal is not needed')
  .addCommand(list)
  .addCommand(verify)
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups audit list --since 30d
  temponest-backups audit verify`,
  );
