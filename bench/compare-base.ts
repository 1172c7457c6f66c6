import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import type { BaseBackupResult } from '../src/model/results.js';
import { seedTempoNest } from '../tools/data/seed-temponest.js';
import { temponestDatabases } from '../tools/data/temponest-databases.js';
import { makeDirectory } from '../tools/demo/make-directory.js';
import { narrate } from '../tools/demo/narrate.js';
import { startBackupSystem } from '../tools/demo/start-backup-system.js';
import { withStarted } from '../tools/demo/with-started.js';
import type { PostgresServer } from '../tools/servers/postgres.js';
import { readPeakMemory } from './process-memory.js';
import { programEnvironment } from './program-environment.js';
import { backUpCluster, startArchiving } from './run-our-base.js';
import { preparePgBackRest } from './run-pgbackrest.js';
import { time } from './statistics.js';
import { startSeededPostgres } from './with-system.js';

/** The major version that Debian's pgBackRest knows and that is complete here. */
const MAJOR = 15;
/** Of zstd, on both sides: our default. */
export const LEVEL = 1;

/** One turn of each side. */
export interface BaseRound {
  pgBackRestSeconds: number;
  pgBaseBackupSeconds: number;
  oursSeconds: number;
  ours: BaseBackupResult;
}

/** What the sides took. */
export interface BaseComparison {
  rounds: BaseRound[];
  /** Of one full backup, as pgBackRest stores it. */
  pgBackRestBytes: number;
  workerPeakBytes: number;
}

/** Backs a server up whole in three ways, one after another, as many rounds as asked for. */
export async function compareBase(scaleGiB: number, rounds: number): Promise<BaseComparison> {
  return await withStarted(async (started) => {
    const databases = temponestDatabases.map(({ name }) => name);
    // Who archives is set when there is somewhere to archive to.
    const settings = { archive_mode: 'on', archive_command: '/bin/true' };
    const postgres = await startSeededPostgres(
      started,
      { major: MAJOR, settings },
      `TempoNest's databases, ${scaleGiB} GiB`,
      databases,
      (server) => seedTempoNest(server, { scaleGiB }),
    );
    const system = await startBackupSystem(started, { postgres, store: 'directory', server: { wal: {} } });
    const { directory } = await started.add(() => makeDirectory('pgbackrest'));
    const pgBackRest = await narrate('Setting pgBackRest up', () =>
      preparePgBackRest(postgres, join(directory, 'pgbackrest'), LEVEL),
    );
    const connection = await Connection.connect({ address: system.temporal.address });
    try {
      const client = new Client({ connection });
      await narrate('Archiving WAL, as both sides do meanwhile', () => startArchiving(client, postgres));
      const taken: BaseRound[] = [];
      for (let round = 1; round <= rounds; round++) {
        console.log(`Round ${round} of ${rounds}`);
        await execa('sync');
        const pgBackRestSeconds = report('pgBackRest', await time(() => pgBackRest.backUp()));
        await execa('sync');
        const plain = join(system.directory, 'plain');
        const pgBaseBackupSeconds = report(
          'pg_basebackup alone',
          await time(() => runPgBaseBackup(postgres, plain)),
        );
        await rm(plain, { recursive: true });
        await execa('sync');
        const begun = performance.now();
        const ours = await backUpCluster(client);
        const oursSeconds = report('ours', (performance.now() - begun) / 1000);
        taken.push({ pgBackRestSeconds, pgBaseBackupSeconds, oursSeconds, ours });
      }
      const pgBackRestBytes = (await pgBackRest.measure()) / rounds;
      return { rounds: taken, pgBackRestBytes, workerPeakBytes: await readPeakMemory(system.workerPid) };
    } finally {
      await connection.close();
    }
  });
}

/** One uncompressed tar of everything, in the clear: nothing that goes over the replication protocol can be quicker. */
async function runPgBaseBackup(postgres: PostgresServer, directory: string): Promise<void> {
  const args = ['--format=tar', '--wal-method=none', '--checkpoint=fast', `--pgdata=${directory}`];
  await execa('pg_basebackup', args, { env: programEnvironment(postgres), stdin: 'ignore' });
}

function report(side: string, seconds: number): number {
  console.log(`  ${side.padEnd(20)} ${seconds.toFixed(1)} s`);
  return seconds;
}
