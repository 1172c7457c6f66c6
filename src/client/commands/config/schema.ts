import { Command } from 'commander';
import { describeConfiguration } from '../../configuration-schema.js';
import { action } from '../../context.js';
import { printJson } from '../../output.js';

export const schema = new Command('schema')
  .description('print the JSON Schema of backups.yaml, for editors')
  .addHelpText(
    'after',
    `
Example:
  temponest-backups config schema > backups.schema.json

Then begin backups.yaml with: # yaml-language-server: $schema=backups.schema.json`,
  )
  .action(
    action((): Promise<undefined> => {
      printJson(describeConfiguration());
      return Promise.resolve(undefined);
    }),
  );
