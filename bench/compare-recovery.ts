import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { openStores } from '../src/catalogue/open-stores.js';
import { loadConfiguration } from '../src/config/load.js';
import type { DisasterDrillResult } from '../src/model/disaster-drill.js';
import { waitUntil } from '../test/support/wait-until.js';
import { narrate } from '../tools/demo/narrate.js';
import { startBackupSystem } from '../tools/demo/start-backup-system.js';
import { withStarted } from '../tools/demo/with-started.js';
import type { PostgresServer } from '../tools/servers/postgres.js';
import { readPeakMemory } from './process-memory.js';
import { programEnvironment } from './program-environment.js';
import { backUpCluster, startArchiving } from './run-our-base.js';
import { drillDisasterRecovery } from './run-our-restore.js';
import { replayLocally, type ReplayFloor } from './run-replay-floor.js';
import { startSeededPostgres } from './with-system.js';

/** The major version that is complete here. */
const MAJOR = 15;
const DATABASE = 'pgbench';
/** Of pgbench, in a GiB: each unit has 15 MiB. */
const UNITS_PER_GIB = 68;
/** WAL written after the base backup, as a share of the data. */
const WAL_SHARE = 0.5;
/** How long pgbench writes until it is looked whether that is enough, in seconds. */
const TURN_SECONDS = 2;

/** One drill, and the same replay with all its WAL local. */
export interface RecoveryRound {
  drill: DisasterDrillResult;
  floor: ReplayFloor;
}

/** What the rounds took. */
export interface RecoveryComparison {
  rounds: RecoveryRound[];
  /** Of WAL that pgbench wrote after the base backup. */
  walBytes: number;
  workerPeakBytes: number;
}

/** Drills the loss of a server, and replays each time what the drill has replayed, as many rounds as asked for. */
export async function compareRecovery(scaleGiB: number, rounds: number): Promise<RecoveryComparison> {
  return await withStarted(async (started) => {
    const units = Math.max(1, Math.round(scaleGiB * UNITS_PER_GIB));
    const postgres = await startSeededPostgres(
      started,
      { major: MAJOR, settings: { wal_level: 'replica', synchronous_commit: 'off' } },
      `pgbench's tables, scale ${units}`,
      [],
      (server) => seed(server as PostgresServer, units),
    );
    const system = await startBackupSystem(started, { postgres, store: 's3', server: { wal: {} } });
    const [store] = await openStores(await loadConfiguration(join(system.directory, 'backups.yaml')));
    const connection = await Connection.connect({ address: system.temporal.address });
    try {
      const client = new Client({ connection });
      await narrate('Archiving WAL', () => startArchiving(client, postgres));
      await narrate('Taking a base backup', () => backUpCluster(client));
      const walBytes = await narrate('Having pgbench write, and all of it archived', () =>
        writeWal(postgres, scaleGiB * WAL_SHARE * 2 ** 30),
      );
      const taken: RecoveryRound[] = [];
      for (let round = 1; round <= rounds; round++) {
        console.log(`Round ${round} of ${rounds}`);
        await execa('sync');
        const drill = report(await drillDisasterRecovery(client));
        const floor = await replayLocally(drill, {
          store,
          privateKeysFile: system.key.privateKeyFile,
          binDirectory: postgres.binDirectory,
          directory: join(system.directory, 'floor'),
        });
        console.log(`  replay alone  ${floor.seconds.toFixed(1)} s`);
        taken.push({ drill, floor });
      }
      return { rounds: taken, walBytes, workerPeakBytes: await readPeakMemory(system.workerPid) };
    } finally {
      await connection.close();
    }
  });
}

async function seed(postgres: PostgresServer, units: number): Promise<void> {
  await postgres.query('postgres', `CREATE DATABASE ${DATABASE}`);
  const args = ['--initialize', '--quiet', `--scale=${units}`, DATABASE];
  await execa('pgbench', args, { env: programEnvironment(postgres), stdin: 'ignore' });
}

/** Answers with how many bytes there came to be, once all of them are in the store. */
async function writeWal(postgres: PostgresServer, wanted: number): Promise<number> {
  const start = await readPosition(postgres);
  const args = ['--client=8', '--jobs=2', `--time=${TURN_SECONDS}`, '--no-vacuum', DATABASE];
  while ((await readPosition(postgres)) - start < wanted)
    await execa('pgbench', args, { env: programEnvironment(postgres), stdin: 'ignore' });
  const written = (await readPosition(postgres)) - start;
  await postgres.query('postgres', 'SELECT pg_switch_wal()');
  await waitUntil(
    'all is archived',
    async () => {
      const [slot] = await postgres.query<{ archived: string }>(
        'postgres',
        "SELECT restart_lsn - '0/0' AS archived FROM pg_replication_slots",
      );
      return Number(slot!.archived) >= start + written;
    },
    300,
  );
  return written;
}

/** Where the server's log ends, in bytes since its beginning. */
async function readPosition(postgres: PostgresServer): Promise<number> {
  const [row] = await postgres.query<{ position: string }>(
    'postgres',
    "SELECT pg_current_wal_insert_lsn() - '0/0' AS position",
  );
  return Number(row!.position);
}

function report(drill: DisasterDrillResult): DisasterDrillResult {
  const say = (what: string, seconds: number | undefined) => {
    console.log(`  ${what.padEnd(13)} ${seconds === undefined ? 'not known' : `${seconds.toFixed(1)} s`}`);
  };
  say('RPO, both', drill.rpoSeconds);
  say('RPO, server', drill.rpoHostAliveSeconds);
  say('our replay', drill.secondsPerStep.replay);
  return drill;
}
