#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { backup } from './commands/backup.js';
import { config } from './commands/config/index.js';
import { schedules } from './commands/schedules/index.js';
import { worker } from './commands/worker.js';
import type { GlobalOptions } from './context.js';
import { reportError } from './report-error.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('temponest-backups')
  .description('PostgreSQL backups that run as durable Temporal workflows')
  .version(version)
  .option('--config <file>', 'backups.yaml (default: TEMPONEST_BACKUPS_CONFIG)')
  .option('--json', 'answer with one JSON document on standard output')
  .option('--verbose', 'with an error, show where it came from')
  .addCommand(worker)
  .addCommand(backup)
  .addCommand(schedules)
  .addCommand(config)
  .showHelpAfterError('(--help shows how it is used)');

/** Commander would end the process itself, with code 1; errors of usage have a code of their own here. */
function overrideExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(overrideExit);
}

overrideExit(program);
try {
  await program.parseAsync();
} catch (error) {
  const { json = false, verbose = false } = program.opts<GlobalOptions>();
  process.exitCode = reportError(error, { json, verbose });
}
