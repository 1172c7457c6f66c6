import { Command } from 'commander';
import { check } from './check.js';
import { schema } from './schema.js';

export const config = new Command('config')
  .description('check backups.yaml, or print its schema')
  .addCommand(check)
  .addCommand(schema)
  .addHelpText(
    'after',
    `
Example:
  temponest-backups config check`,
  );
