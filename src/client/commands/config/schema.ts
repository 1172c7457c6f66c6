import { Argument, Command } from 'commander';
import { action } from '../../context.js';
import { jsonSchemas } from '../../json-schemas.js';
import { printJson } from '../../output.js';

export const schema = new Command('schema')
  .description('print the JSON Schema of backups.yaml, or of what a workflow takes and answers')
  .addArgument(
    new Argument('[name]', 'what to describe').choices(Object.keys(jsonSchemas)).default('backups'),
  )
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups config schema > backups.schema.json
  temponest-backups config schema restoreDatabase.argument

Begin backups.yaml with: # yaml-language-server: $schema=backups.schema.json`,
  )
  .action(
    action((_context, name: string): Promise<undefined> => {
      printJson(jsonSchemas[name]);
      return Promise.resolve(undefined);
    }),
  );
