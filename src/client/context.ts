import type { Command } from 'commander';
import { readEnvironment, type Environment } from '../config/environment.js';
import { loadConfiguration } from '../config/load.js';
import type { Configuration } from '../config/schema.js';

/** Options that every command has. */
export interface GlobalOptions {
  config?: string;
  json?: boolean;
  verbose?: boolean;
}

/** What a command works with. */
export interface Context {
  environment: Environment;
  /** Whether standard output is for a program: one JSON document. */
  json: boolean;
  configurationFile: string;
  /** Reads the configuration, for the commands that need it. */
  loadConfiguration: () => Promise<Configuration>;
}

/** How a command ended: 0 done, 1 failed, 2 bad usage or configuration, 130 detached by Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 130;

/**
 * Turns the substance of a command into the action of a commander command.
 *
 * @param run - gets the context, then the command's arguments and its options; no answer means 0
 */
export function action<A extends unknown[]>(
  run: (context: Context, ...args: A) => Promise<ExitCode | undefined>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.pop() as Command;
    const { config, json = false } = command.optsWithGlobals<GlobalOptions>();
    const environment = readEnvironment();
    const configurationFile = config ?? environment.configurationFile;
    const context: Context = {
      environment,
      json,
      configurationFile,
      loadConfiguration: () => loadConfiguration(configurationFile),
    };
    process.exitCode = (await run(context, ...(args as A))) ?? 0;
  };
}
