import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { findProgram } from './find-program.js';
import { systemPostgresDirectories } from './postgres-directories.js';

/** Programs that come with the system, and the Debian package of each. */
const packageOf = {
  postgres: 'postgresql',
  pg_dump: 'postgresql-client',
  gpg: 'gnupg',
  zstd: 'zstd',
  pigz: 'pigz',
  tar: 'tar',
  busybox: 'busybox',
  setpriv: 'util-linux',
  pip3: 'python3-pip',
  chromium: 'chromium',
  mvn: 'maven',
  shellcheck: 'shellcheck',
  pgbackrest: 'pgbackrest',
} as const;

/** A program that `installSystemPackages` knows. */
export type SystemProgram = keyof typeof packageOf;

/** What our own code and the servers of tests and demo call. */
const alwaysNeeded: readonly SystemProgram[] = [
  'postgres',
  'pg_dump',
  'gpg',
  'zstd',
  'pigz',
  'tar',
  'setpriv',
  'busybox',
];

/**
 * Installs the system programs that are missing, with apt as root or through sudo. Does nothing when none is.
 *
 * @returns the packages installed
 * @throws Error naming the missing programs and the command to run, where this cannot install them
 */
export async function installSystemPackages(
  programs: readonly SystemProgram[] = alwaysNeeded,
): Promise<string[]> {
  const missing = programs.filter((name) => !isPresent(name));
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.map((program) => packageOf[program]))];
  const fault = `These programs are missing: ${missing.join(', ')}.`;
  if (!findProgram('apt-get')) {
    throw new Error(
      `${fault} Install them with this system's package manager (on Debian: ${aptCommand(packages)}).`,
    );
  }
  const asRoot = await findRootCommand();
  if (!asRoot) throw new Error(`${fault} Install them with: sudo ${aptCommand(packages)}`);
  if (packages.includes('postgresql')) await keepClusterFromStarting(asRoot);
  await runApt(asRoot, ['update']);
  await runApt(asRoot, ['install', '--yes', '--no-install-recommends', ...packages]);
  return packages;
}

function isPresent(program: SystemProgram): boolean {
  return Boolean(findProgram(program) ?? findProgram(program, systemPostgresDirectories()));
}

function aptCommand(packages: readonly string[]): string {
  return `apt-get install --yes ${packages.join(' ')}`;
}

/** What to put before a command that needs root: nothing as root, sudo where it asks no password, else undefined. */
async function findRootCommand(): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  const { failed } = await execa('sudo', ['-n', 'true'], { reject: false, stdin: 'ignore' });
  return failed ? undefined : ['sudo', '-n'];
}

async function runApt(asRoot: readonly string[], args: readonly string[]): Promise<void> {
  const [command = 'env', ...rest] = [
    ...asRoot,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-q',
    ...args,
  ];
  await execa(command, rest, { stdin: 'ignore', stdout: 'ignore' });
}

/** Debian starts a cluster on port 5432 when PostgreSQL is installed; createcluster.conf(5) can say no to that. */
async function keepClusterFromStarting(asRoot: readonly string[]): Promise<void> {
  const path = '/etc/postgresql-common/createcluster.conf';
  if (existsSync(path)) return; // PostgreSQL was set up before: its owner's choice stands
  const [command = 'sh', ...rest] = [
    ...asRoot,
    'sh',
    '-c',
    `mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" > ${path}`,
  ];
  await execa(command, rest, { stdin: 'ignore' });
}
