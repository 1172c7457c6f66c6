import { dirname } from 'node:path';
import { execa } from 'execa';
import { seedTempoNest } from '../data/seed-temponest.js';
import { temponestDatabases } from '../data/temponest-databases.js';
import ensureBuild from '../ensure-build.js';
import { installSystemPackages } from '../install/install-system-packages.js';
import { installTemporal } from '../install/install-temporal.js';
import { startPostgres, type PostgresServer } from '../servers/postgres.js';
import { choosePostgres } from './choose-postgres.js';
import { throwIfInterrupted } from './interruption.js';
import { narrate } from './narrate.js';
import type { DemoOptions } from './read-options.js';
import { startBackupSystem, type BackupSystem } from './start-backup-system.js';
import type { Started } from './started.js';
import { storeServers } from './store-servers.js';

/**
 * Goes from nothing to a night's backups, and says on standard output what it does, what came of it, where everything
 * is and, when it stays, what to try next.
 *
 * @param started gets all that must be ended and removed afterwards, whether this succeeds or not
 * @returns whether every backup was made
 */
export async function runDemo(options: DemoOptions, started: Started): Promise<boolean> {
  await narrate('Looking for PostgreSQL, GnuPG and zstd', installSystemPackages);
  const temporalProgram = await narrate('Looking for Temporal', installTemporal);
  if (options.store !== 'directory') {
    const { name, install } = storeServers[options.store];
    await narrate(`Looking for ${name}`, install);
  }
  await narrate('Building this project, if it changed', ensureBuild);
  const postgres = await narrate('Starting PostgreSQL', () =>
    started.add(() => startPostgres(choosePostgres())),
  );
  await narrate(`Filling it with TempoNest's databases, ${options.scale} GiB`, () =>
    seedTempoNest(postgres, { scaleGiB: options.scale }),
  );
  const databases = temponestDatabases.map(({ name }) => name);
  const system = await startBackupSystem(started, {
    ...{ postgres, databases, store: options.store },
    server: { wal: {} },
    schedules: { base: { dayOfWeek: 'SUNDAY', hour: 1 }, wal: { minute: 'every' }, verify: { hour: 6 } },
  });

  await run(system, 'schedules', 'apply');
  // It runs until the demo ends; when its own minute has come just now, it runs already and says so.
  await run(system, 'schedules', 'trigger', 'wal', '--detach');
  const nightly = await run(system, 'schedules', 'trigger', 'nightly');
  const base = await run(system, 'schedules', 'trigger', 'base');
  await run(system, 'prune', '--dry-run');
  describePlaces(system);
  if (!options.exit) suggestCommands(system, postgres, temporalProgram);
  return !nightly.failed && !base.failed;
}

/**
 * Shows one of our own commands and what it prints. A failed one has said why.
 *
 * @throws Interrupted when this process was asked to stop meanwhile
 */
async function run({ command }: BackupSystem, ...args: string[]): Promise<{ failed: boolean }> {
  console.log(`\n$ temponest-backups ${args.join(' ')}`);
  const result = await execa(command, args, {
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
  });
  throwIfInterrupted();
  return result;
}

function describePlaces({ key, storeUrl, storeEndpoint, temporal, directory }: BackupSystem): void {
  const store = storeEndpoint ? `${storeUrl} on ${storeEndpoint}, its credentials in ${directory}` : storeUrl;
  console.log(`
The backups lie in    ${store}
The private key is    ${key.privateKeyFile}
The configuration is  ${directory}/backups.yaml
Temporal's UI is at   ${temporal.uiUrl}`);
}

function suggestCommands(
  { directory, temporal }: BackupSystem,
  { host, port, user, binDirectory }: PostgresServer,
  temporalProgram: string,
): void {
  console.log(`
In another terminal, first these lines; then the commands of every page work as they stand there:
  export DEMO=${directory}
  export PATH="$DEMO:${binDirectory}:${dirname(temporalProgram)}:$PATH"
  export TEMPORAL_ADDRESS=${temporal.address}
  export PGHOST=${host} PGPORT=${port} PGUSER=${user} PGPASSWORD="$(cat "$DEMO/postgres-password")"

Three commands to try next: restore a table, put a whole database back, prove all backups:
  temponest-backups restore agentic --table agents
  temponest-backups restore saas_console --swap --yes --reason 'trying it out'
  temponest-backups drill

Start a backup from Temporal:
  temporal workflow start --task-queue temponest-backups --type backupDatabase --input '{"database": "agentic"}'

Or lose something, and bring back the moment before:
  psql agentic -c "CREATE TABLE precious AS SELECT 'made after the base backup' AS words"
  before=$(date -u +%FT%T.%NZ)
  psql agentic -c 'DROP TABLE precious, agents CASCADE'
  temponest-backups recover --time "$before" --database agentic --as agentic_before
  psql agentic_before -c 'SELECT words, (SELECT count(*) FROM agents) AS agents FROM precious'
  dropdb agentic_before`);
}
