import { Command } from 'commander';
import { check } from './check.js';
import { schema } from './schema.js';

export const config = new Command('config')
  .description('check backups.yaml')
  .addCommand(check)
  .addCommand(schema);
