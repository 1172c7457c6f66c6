import { join } from 'node:path';
import { execa } from 'execa';
import { operationId } from '../src/model/queues.js';
import { seedTempoNest } from '../tools/data/seed-temponest.js';
import { temponestDatabases } from '../tools/data/temponest-databases.js';
import { serverName } from '../tools/demo/write-configuration.js';
import { readPeakMemory } from './process-memory.js';
import { readHistorySize, runOurs, type NightlyRun } from './run-ours.js';
import { runFloor, tidyFloor } from './run-floor.js';
import { prepareScript } from './run-script.js';
import { time } from './statistics.js';
import { watchPeaks, type Peaks } from './watch-peaks.js';
import { withSystem, type BenchSystem } from './with-system.js';

const databases = temponestDatabases.map(({ name }) => name);

/** What one run of our side took. */
export interface OurRound extends Peaks {
  seconds: number;
  /** The most that the worker process itself held, since it began. */
  workerPeakBytes: number;
  /** Dump and archive of the databases in flight: what staging may hold at most. */
  stagingBoundBytes: number;
  /** Of the biggest database's `backupDatabase`. */
  history: { events: number; bytes: number };
}

/** Measurements of the three sides, a round each. */
export interface Comparison {
  scriptSeconds: number[];
  floorSeconds: number[];
  ours: OurRound[];
  /** Of one night's six dumps, uncompressed. */
  dumpBytes: number;
  /** Of one night's artifacts. */
  storedBytes: number;
}

/** Backs up TempoNest's databases in the three ways, one after another, as many rounds as asked for. */
export async function compareSides(scaleGiB: number, rounds: number): Promise<Comparison> {
  return await withSystem(
    `TempoNest's databases, ${scaleGiB} GiB`,
    databases,
    (server) => seedTempoNest(server, { scaleGiB }),
    async (system) => {
      const script = await prepareScript(system, databases);
      const floorDirectory = join(system.directory, 'floor');
      const scriptSeconds: number[] = [];
      const floorSeconds: number[] = [];
      const ours: OurRound[] = [];
      let last: NightlyRun | undefined;
      for (let round = 1; round <= rounds; round++) {
        console.log(`Round ${round} of ${rounds}`);
        await settle();
        scriptSeconds.push(report('script', await time(() => script.run())));
        await script.tidy();
        await settle();
        floorSeconds.push(
          report('pg_dump alone', await time(() => runFloor(system.postgres, databases, floorDirectory))),
        );
        await tidyFloor(floorDirectory);
        await settle();
        const { run, ...taken } = await runOurRound(system);
        ours.push(taken);
        report('ours', taken.seconds);
        last = run;
      }
      return {
        ...{ scriptSeconds, floorSeconds, ours },
        ...sumUp(last!),
      };
    },
  );
}

/** Runs only our side, once: what its worker process holds at most, in bytes. */
export async function measureWorkerMemory(scaleGiB: number): Promise<number> {
  return await withSystem(
    `TempoNest's databases, ${scaleGiB} GiB`,
    databases,
    (server) => seedTempoNest(server, { scaleGiB }),
    async ({ client, workerPid }) => {
      await runOurs(client);
      return await readPeakMemory(workerPid);
    },
  );
}

async function runOurRound(system: BenchSystem): Promise<OurRound & { run: NightlyRun }> {
  const { client, workerPid, stagingDirectory } = system;
  const watched = { workerPid, stagingDirectory };
  const { result: run, peaks } = await watchPeaks(watched, () => runOurs(client));
  const history = await readHistorySize(
    client,
    operationId({ kind: 'database', server: serverName, database: databases[0]! }),
  );
  return {
    run,
    seconds: run.seconds,
    workerPeakBytes: await readPeakMemory(workerPid),
    ...peaks,
    stagingBoundBytes: boundStaging(run),
    history,
  };
}

const inFlight = 2; // the default `concurrency`

/** The sum over those that take most, which begin first. */
function boundStaging({ result }: NightlyRun): number {
  const sizes = committed(result).map(({ dumpBytes, bytes }) => dumpBytes + bytes);
  return sum(sizes.sort((a, b) => b - a).slice(0, inFlight));
}

function sumUp({ result }: NightlyRun): Pick<Comparison, 'dumpBytes' | 'storedBytes'> {
  const backups = committed(result);
  return {
    dumpBytes: sum(backups.map(({ dumpBytes }) => dumpBytes)),
    storedBytes: sum(backups.map(({ bytes }) => bytes)),
  };
}

function committed({ backups }: NightlyRun['result']) {
  return backups.flatMap((backup) => (backup.outcome === 'committed' ? [backup] : []));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Writes out what the last side left in the page cache, so that the next one does not wait for it. */
async function settle(): Promise<void> {
  await execa('sync');
}

function report(side: string, seconds: number): number {
  console.log(`  ${side.padEnd(14)} ${seconds.toFixed(1)} s`);
  return seconds;
}
