import { join } from 'node:path';
import { execa } from 'execa';
import type { RestoreResult } from '../src/model/restore.js';
import { seedTempoNest } from '../tools/data/seed-temponest.js';
import { temponestDatabases } from '../tools/data/temponest-databases.js';
import { readPeakMemory, resetPeakMemory } from './process-memory.js';
import { runFloor } from './run-floor.js';
import { runOurs } from './run-ours.js';
import { drillRestore, restoreDatabase } from './run-our-restore.js';
import { dropDatabase, runRestoreFloor } from './run-restore-floor.js';
import { withSystem, type BenchSystem } from './with-system.js';

const databases = temponestDatabases.map(({ name }) => name);
const [biggest] = databases as [string];

/** Of the biggest database: 20 MB where that has 2 GiB. */
export const oneTable = 'scores';

/** One database, restored in both ways. */
export interface RestoredPair {
  database: string;
  floorSeconds: number;
  oursSeconds: number;
  secondsPerStep: RestoreResult['secondsPerStep'];
}

/** What one round measured. */
export interface RestoreRound {
  pairs: RestoredPair[];
  /** The one table out of the biggest database's backup. */
  oneTableSeconds: number;
  /** Size of that table as dumped. */
  oneTableBytes: number;
  drillSeconds: number;
  /** What the drill itself reports. */
  drillRtoSeconds: number;
}

/** Measurements of all rounds. */
export interface RestoreComparison {
  rounds: RestoreRound[];
  /** The one whose restore is looked at closely; bytes of its dump. */
  biggest: { database: string; bytes: number };
  /** Of the six dumps, uncompressed. */
  dumpBytes: number;
  /** Of the six artifacts. */
  storedBytes: number;
  /** The most that the worker process held while it restored. */
  workerPeakBytes: number;
}

/**
 * Backs up TempoNest's databases once, then restores them as many rounds as asked for: each by pg_restore alone and by
 * us, then one table, then all of them in a drill.
 */
export async function compareRestores(scaleGiB: number, rounds: number): Promise<RestoreComparison> {
  return await withSystem(
    `TempoNest's databases, ${scaleGiB} GiB`,
    databases,
    (server) => seedTempoNest(server, { scaleGiB }),
    async (system) => {
      const dumps = join(system.directory, 'dumps');
      await runFloor(system.postgres, databases, dumps);
      const { result } = await runOurs(system.client);
      const backups = result.backups.flatMap((backup) => (backup.outcome === 'committed' ? [backup] : []));
      await resetPeakMemory(system.workerPid);
      const measured: RestoreRound[] = [];
      for (let round = 1; round <= rounds; round++) {
        console.log(`Round ${round} of ${rounds}`);
        measured.push(await runRound(system, dumps));
      }
      return {
        rounds: measured,
        biggest: {
          database: biggest,
          bytes: backups.find(({ database }) => database === biggest)!.dumpBytes,
        },
        dumpBytes: backups.reduce((sum, { dumpBytes }) => sum + dumpBytes, 0),
        storedBytes: backups.reduce((sum, { bytes }) => sum + bytes, 0),
        workerPeakBytes: await readPeakMemory(system.workerPid),
      };
    },
  );
}

/** Seconds of one side of a round, all databases together. */
export function sumOf({ pairs }: RestoreRound, side: 'floorSeconds' | 'oursSeconds'): number {
  return pairs.reduce((sum, pair) => sum + pair[side], 0);
}

async function runRound(system: BenchSystem, dumps: string): Promise<RestoreRound> {
  const { postgres, client } = system;
  const pairs: RestoredPair[] = [];
  for (const database of databases) {
    await settle(system);
    const floorSeconds = report(
      `${database}: pg_restore alone`,
      await runRestoreFloor(postgres, join(dumps, database)),
    );
    const ours = await restoreAndDrop(system, { database });
    report(`${database}: ours`, ours.seconds);
    const { secondsPerStep } = ours.result;
    pairs.push({ database, floorSeconds, oursSeconds: ours.seconds, secondsPerStep });
  }
  const table = await restoreAndDrop(system, { database: biggest, tables: [oneTable] });
  report(`${biggest}.${oneTable}: ours`, table.seconds);
  await settle(system);
  const drill = await drillRestore(client);
  report('drill', drill.seconds);
  return {
    pairs,
    oneTableSeconds: table.seconds,
    oneTableBytes: table.result.restored!.bytes,
    drillSeconds: drill.seconds,
    drillRtoSeconds: drill.result.rtoSeconds,
  };
}

async function restoreAndDrop(system: BenchSystem, argument: { database: string; tables?: string[] }) {
  await settle(system);
  const run = await restoreDatabase(system.client, argument);
  await dropDatabase(system.postgres, run.result.restored!.database);
  return run;
}

/** Writes out what the last side left in buffers and the page cache, so that the next one does not wait for it. */
async function settle({ postgres }: BenchSystem): Promise<void> {
  await postgres.query('postgres', 'CHECKPOINT');
  await execa('sync');
}

function report(side: string, seconds: number): number {
  console.log(`  ${side.padEnd(38)} ${seconds.toFixed(1)} s`);
  return seconds;
}
