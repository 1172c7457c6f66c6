import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { MAIN_QUEUE } from '../src/model/queues.js';
import { formatLsn, parseLsn, type Lsn } from '../src/model/wal-segment.js';
import { createLagMeter } from '../src/wal/lag-meter.js';
import { waitUntil } from '../test/support/wait-until.js';
import { makeDirectory } from '../tools/demo/make-directory.js';
import { narrate } from '../tools/demo/narrate.js';
import { startBackupSystem } from '../tools/demo/start-backup-system.js';
import { withStarted } from '../tools/demo/with-started.js';
import type { PostgresServer } from '../tools/servers/postgres.js';
import { readProcessTime } from './process-time.js';
import { programEnvironment } from './program-environment.js';
import { preparePgBackRest } from './run-pgbackrest.js';
import { startSeededPostgres } from './with-system.js';

/** The major version that Debian's pgBackRest knows and that is complete here. */
const MAJOR = 15;
/** Of zstd, on both sides: our default. */
export const LEVEL = 1;
/** Of pgbench: 300 MB of data, more than shared_buffers. */
export const SCALE = 20;
/** Sessions that write. */
export const CLIENTS = 8;
const DATABASE = 'pgbench';
/** How often the lag is looked at, in milliseconds. */
const LOOK_INTERVAL = 250;
/** How long a side may take to archive what it is behind, in seconds. */
const DRAIN_SECONDS = 300;

/** What one side archived while pgbench wrote, until nothing was left to archive. */
export interface WalTurn {
  bytes: number;
  seconds: number;
  /** Of those, how many after pgbench had ended. */
  drainSeconds: number;
}

/** One turn of each side. */
export interface WalRound {
  pgBackRest: WalTurn;
  /** With the lag at each look, in seconds, and what the worker and its programs took of the CPU. */
  ours: WalTurn & { lags: number[]; cpuSeconds: number };
}

/** Archives a server's WAL in both ways, one after another, while pgbench writes. */
export async function compareWal(seconds: number, rounds: number): Promise<WalRound[]> {
  return await withStarted(async (started) => {
    const settings = { archive_mode: 'on', archive_command: '/bin/true', synchronous_commit: 'off' };
    const postgres = await startSeededPostgres(
      started,
      { major: MAJOR, settings },
      `pgbench's tables, scale ${SCALE}`,
      [],
      (server) => seed(server as PostgresServer),
    );
    const system = await startBackupSystem(started, { postgres, store: 'directory', server: { wal: {} } });
    const { directory } = await started.add(() => makeDirectory('pgbackrest'));
    await narrate('Setting pgBackRest up', () =>
      preparePgBackRest(postgres, join(directory, 'pgbackrest'), LEVEL, { asynchronous: true }),
    );
    const [row] = await postgres.query<{ archive_command: string }>('postgres', 'SHOW archive_command');
    const command = row!.archive_command;
    const connection = await Connection.connect({ address: system.temporal.address });
    try {
      const client = new Client({ connection });
      const taken: WalRound[] = [];
      for (let round = 1; round <= rounds; round++) {
        console.log(`Round ${round} of ${rounds}`);
        await setArchiveCommand(postgres, command);
        const pgBackRest = report('pgBackRest', await archiveByPgBackRest(postgres, seconds));
        await setArchiveCommand(postgres, '/bin/true');
        const ours = report('ours', await archiveByOurs(client, postgres, seconds, system.workerPid));
        taken.push({ pgBackRest, ours });
      }
      return taken;
    } finally {
      await connection.close();
    }
  });
}

async function seed(postgres: PostgresServer): Promise<void> {
  await postgres.query('postgres', `CREATE DATABASE ${DATABASE}`);
  const args = ['--initialize', '--quiet', `--scale=${SCALE}`, DATABASE];
  await execa('pgbench', args, { env: programEnvironment(postgres), stdin: 'ignore' });
}

async function setArchiveCommand(postgres: PostgresServer, command: string): Promise<void> {
  await postgres.query('postgres', `ALTER SYSTEM SET archive_command = '${command}'`);
  await postgres.query('postgres', 'SELECT pg_reload_conf()');
  // Every turn begins with the whole pages that follow a checkpoint.
  await postgres.query('postgres', 'CHECKPOINT');
  await execa('sync');
}

/** Has pgbench write, and waits until all that it wrote is archived. */
async function takeTurn(
  postgres: PostgresServer,
  seconds: number,
  isArchived: (end: Lsn) => Promise<boolean>,
): Promise<WalTurn> {
  const start = await switchWal(postgres);
  await waitUntil('what was before is archived', () => isArchived(start), DRAIN_SECONDS);
  const begun = performance.now();
  const args = [`--client=${CLIENTS}`, '--jobs=2', `--time=${seconds}`, '--no-vacuum', DATABASE];
  await execa('pgbench', args, { env: programEnvironment(postgres), stdin: 'ignore' });
  const written = performance.now();
  const end = await switchWal(postgres);
  await waitUntil('all is archived', () => isArchived(end), DRAIN_SECONDS);
  const archived = performance.now();
  return {
    bytes: Number(end - start),
    seconds: (archived - begun) / 1000,
    drainSeconds: (archived - written) / 1000,
  };
}

async function archiveByPgBackRest(postgres: PostgresServer, seconds: number): Promise<WalTurn> {
  return await takeTurn(postgres, seconds, async (end) => {
    const [row] = await postgres.query<{ done: boolean }>(
      'postgres',
      'SELECT coalesce(last_archived_wal >= pg_walfile_name($1::pg_lsn - 1), false) AS done FROM pg_stat_archiver',
      [formatLsn(end)],
    );
    return row!.done;
  });
}

async function archiveByOurs(
  client: Client,
  postgres: PostgresServer,
  seconds: number,
  workerPid: number,
): Promise<WalRound['ours']> {
  const archiver = await client.workflow.start('archiveWal', {
    workflowId: `bench-${randomUUID()}`,
    taskQueue: MAIN_QUEUE,
    args: [{}],
  });
  await waitUntil('WAL streams', async () => (await readPositions(postgres))?.archived !== undefined);
  const over = new AbortController();
  const watching = watchLag(postgres, over.signal);
  const before = await readProcessTime(workerPid);
  try {
    const turn = await takeTurn(
      postgres,
      seconds,
      async (end) => ((await readPositions(postgres))?.archived ?? 0n) >= end,
    );
    const cpuSeconds = (await readProcessTime(workerPid)) - before;
    over.abort();
    return { ...turn, cpuSeconds, lags: await watching };
  } finally {
    over.abort();
    await archiver.cancel();
    await archiver.result().catch(() => undefined);
    await postgres.query('postgres', 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
  }
}

/** The lag at each look: for how long the oldest WAL that is not in the store has been on the server, in seconds. */
async function watchLag(postgres: PostgresServer, signal: AbortSignal): Promise<number[]> {
  const meter = createLagMeter();
  const lags: number[] = [];
  while (!signal.aborted) {
    const found = await readPositions(postgres);
    if (found) lags.push(meter.look(found.server, found.archived, Date.now()).seconds);
    await delay(LOOK_INTERVAL);
  }
  return lags;
}

/** Where the server is, and up to where its WAL is in the store; undefined before the slot is there. */
async function readPositions(postgres: PostgresServer): Promise<{ server: Lsn; archived: Lsn } | undefined> {
  const [row] = await postgres.query<{ server: string; archived: string }>(
    'postgres',
    'SELECT pg_current_wal_flush_lsn()::text AS server, restart_lsn::text AS archived FROM pg_replication_slots',
  );
  return row && { server: parseLsn(row.server)!, archived: parseLsn(row.archived)! };
}

/** Ends the segment being written; answers with where the next one begins. */
async function switchWal(postgres: PostgresServer): Promise<Lsn> {
  await postgres.query('postgres', "SELECT pg_logical_emit_message(false, 'bench', 'x')");
  await postgres.query('postgres', 'SELECT pg_switch_wal()');
  const [row] = await postgres.query<{ lsn: string }>(
    'postgres',
    "SELECT (pg_current_wal_insert_lsn() - (pg_current_wal_insert_lsn() - '0/0') % 16777216)::text AS lsn",
  );
  return parseLsn(row!.lsn)!;
}

function report<T extends WalTurn>(side: string, turn: T): T {
  const rate = turn.bytes / 2 ** 20 / turn.seconds;
  console.log(
    `  ${side.padEnd(12)} ${rate.toFixed(1)} MiB/s, ${turn.drainSeconds.toFixed(1)} s of it behind`,
  );
  return turn;
}
