import { Command, InvalidArgumentError, Option } from 'commander';
import { workerRoles, type WorkerRole } from '../../model/worker-roles.js';
import { action } from '../context.js';
import { explainTemporalError } from '../explain-temporal-error.js';

function parseRoles(text: string): WorkerRole[] {
  return text.split(',').map((name) => {
    const role = workerRoles.find((candidate) => candidate === name);
    if (!role)
      throw new InvalidArgumentError(`Use one or more of ${workerRoles.join(', ')}, with commas between.`);
    return role;
  });
}

export const worker = new Command('worker')
  .description('run a worker until SIGTERM or SIGINT; logs go to standard error, one JSON object a line')
  .addOption(
    new Option(
      '--roles <roles>',
      'what this process does: control runs the workflows, backup the steps of backups, restore those of restores and drills',
    )
      .argParser(parseRoles)
      .default([...workerRoles], workerRoles.join(',')),
  )
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups worker                    everything in one process
  temponest-backups worker --roles restore    where the private keys are
  temponest-backups worker --roles control    the workflows only: no PostgreSQL programs, staging volume or secrets needed

/metrics, /health and /ready are served on worker.address and worker.port of backups.yaml.`,
  )
  .action(
    action(async (context, options: { roles: WorkerRole[] }): Promise<undefined> => {
      const configuration = await context.loadConfiguration();
      // The SDK's native core takes a moment to load, which other commands need not wait for.
      const { runWorker } = await import('../../worker.js');
      const { connectionOptions, namespace } = context.environment.temporal;
      try {
        await runWorker(configuration, context.environment, options.roles);
      } catch (error) {
        throw explainTemporalError(error, { address: connectionOptions.address, namespace });
      }
    }),
  );
