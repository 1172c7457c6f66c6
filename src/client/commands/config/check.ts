import { Command } from 'commander';
import { allChecks } from '../../checks/all-checks.js';
import { runChecks } from '../../checks/check.js';
import { action } from '../../context.js';
import { print, printJson, renderTable } from '../../output.js';

export const check = new Command('check')
  .description('check backups.yaml, and that everything it names is there and works; changes nothing')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups config check
  temponest-backups --config ./backups.yaml config check

Exit codes: 0 no fault, 1 something does not work, 2 backups.yaml itself is wrong.`,
  )
  .action(
    action(async (context) => {
      const configuration = await context.loadConfiguration();
      const findings = await runChecks(allChecks(configuration, context.environment));
      const faults = findings.filter(({ outcome }) => outcome === 'fault').length;
      if (context.json) printJson({ configuration: context.configurationFile, findings });
      else {
        print(
          renderTable(
            ['CHECK', 'OUTCOME', 'DETAIL'],
            findings.map(({ check: name, outcome, detail }) => [name, outcome, detail]),
          ),
        );
        print('');
        print(
          faults === 0
            ? `${context.configurationFile} is good.`
            : `${faults} of ${findings.length} checks found a fault.`,
        );
      }
      return faults === 0 ? 0 : 1;
    }),
  );
