import { join } from 'node:path';
import { execa } from 'execa';
import { installCompose } from '../../tools/install/install-compose.js';

/** The root of the checkout. */
export const root = join(import.meta.dirname, '..', '..');

/** A service as `compose config` renders it, as far as the tests look at it. */
export interface ComposeService {
  image: string;
  environment?: Record<string, string>;
  secrets?: { source: string; target: string }[];
  volumes?: { target: string }[];
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
}

/** What `compose config` renders. */
export interface ComposeModel {
  name: string;
  services: Record<string, ComposeService>;
  networks: Record<string, { name: string; external?: boolean }>;
  secrets: Record<string, { file: string }>;
  configs: Record<string, { file: string }>;
}

/** The ways in which the compose files are used, by name, each with Compose's arguments. */
export const composeUses = {
  'try-out': ['-f', 'docker-compose.yml'],
  'try-out with S3': ['-f', 'docker-compose.yml', '--profile', 's3'],
  overlay: ['-f', 'docker-compose.yml', '-f', 'deploy/compose/temponest.yml'],
} as const;

export type ComposeUse = keyof typeof composeUses;

/** Runs `compose config` with nothing of this machine's environment but what it needs, and `environment`. */
export async function runComposeConfig(
  use: ComposeUse,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const { stdout, stderr } = await execa(await installCompose(), [...composeUses[use], 'config', ...args], {
    cwd: root,
    env: { PATH, HOME, ...environment },
    extendEnv: false,
    stdin: 'ignore',
  });
  return stdout + stderr;
}

/** The model that Compose makes of its files. */
export async function renderCompose(
  use: ComposeUse,
  environment?: Record<string, string>,
): Promise<ComposeModel> {
  return JSON.parse(await runComposeConfig(use, ['--format', 'json'], environment)) as ComposeModel;
}
