import { join } from 'node:path';
import { execa } from 'execa';

const main = join(import.meta.dirname, '..', '..', '..', 'dist', 'client', 'main.js');

/** How a run of the CLI ended. */
export interface CliOutcome {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Starts the built CLI as a process of its own, with no terminal. `env` is its whole environment, beside PATH. */
export function startCli(args: readonly string[], env: Record<string, string>) {
  return execa(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH!, ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  });
}

/** Runs the built CLI to its end. */
export async function runCli(args: readonly string[], env: Record<string, string>): Promise<CliOutcome> {
  const { exitCode, stdout, stderr } = await startCli(args, env);
  return { exitCode, stdout, stderr };
}
