import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import type { GpgRecipients } from '../../../src/archive/gpg.js';
import { listWal, type WalArchive } from '../../../src/catalogue/wal-archive.js';
import type { Cluster } from '../../../src/model/physical-keys.js';
import { parseLsn, parseSegmentName, type Lsn } from '../../../src/model/wal-segment.js';
import { openDirectoryStore } from '../../../src/stores/directory.js';
import type { Store } from '../../../src/stores/store.js';
import { archiveWal, beginState, type ArchiverEnding } from '../../../src/wal/archive-wal.js';
import type { ArchiverState } from '../../../src/wal/archiver-state.js';
import { openSpool, type Spool } from '../../../src/wal/spool.js';
import type { PostgresServer } from '../../../tools/servers/postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';

export const SLOT = 'test_slot';
export const SEGMENT_BYTES = 16 * 1024 * 1024;

/** An archiver of a server, of a spool and a store of its own. */
export interface TestArchiver {
  store: Store;
  storeDirectory: string;
  spool: Spool;
  cluster: Cluster;
  warnings: string[];
  /** Starts one, which goes on until it ends by itself or is stopped. */
  start(over?: Partial<StartOptions>): RunningArchiver;
  list(): Promise<WalArchive>;
}

export interface RunningArchiver {
  state: ArchiverState;
  ending: Promise<ArchiverEnding>;
  /** Ends it, as a worker that stops does. */
  stop(): Promise<void>;
}

interface StartOptions {
  /** Default: the archiver's own. */
  spool: Spool;
  keys: GpgRecipients;
  server: PostgresServer;
  seconds: number;
  store: Store;
  maxAgeSeconds: number;
}

const signal = new AbortController().signal;

/** @param archived - where the server itself puts its WAL; left out, it is streamed */
export async function makeArchiver(server: PostgresServer, archived?: string): Promise<TestArchiver> {
  const scratch = await makeScratchDirectory();
  const storeDirectory = join(scratch, 'store');
  await mkdir(storeDirectory);
  const store = openDirectoryStore({ name: 'primary', directory: storeDirectory });
  const cluster = { server: 'prod', systemIdentifier: await readSystemIdentifier(server) };
  const spool = await openSpool(
    { directory: join(scratch, 'staging'), id: 'test' },
    cluster,
    SEGMENT_BYTES,
    archived,
  );
  const warnings: string[] = [];
  const start: TestArchiver['start'] = (over = {}) => {
    const stopping = new AbortController();
    const state = beginState();
    const { host, port, user, password, binDirectory } = over.server ?? server;
    const ending = archiveWal(
      {
        spool: over.spool ?? spool,
        source: {
          kind: archived === undefined ? 'stream' : 'archive',
          server: { name: 'prod', host, port, user, password, sslmode: 'disable' },
          maintenanceDatabase: 'postgres',
          store: over.store ?? store,
          program: join(binDirectory, 'pg_receivewal'),
          slot: SLOT,
          maxAgeSeconds: over.maxAgeSeconds ?? 3600,
        },
        means: {
          compression: { method: 'zstd', level: 1 },
          programDirectories: ['/usr/local/bin', '/usr/bin', '/bin'],
        },
        keys: over.keys,
        seconds: over.seconds ?? 3600,
      },
      state,
      {
        signal: stopping.signal,
        onAlive: () => undefined,
        warn: (facts, message) => warnings.push(`${message}: ${JSON.stringify(facts)}`),
      },
    );
    const stop = async () => {
      stopping.abort();
      await ending.catch(() => undefined);
    };
    onTestFinished(stop);
    return { state, ending, stop };
  };
  return {
    ...{ store, storeDirectory, spool, cluster, warnings, start },
    list: () => listWal(store, cluster, signal),
  };
}

export async function readSystemIdentifier(server: PostgresServer): Promise<string> {
  const [row] = await server.query<{ id: string }>(
    'postgres',
    'SELECT system_identifier::text AS id FROM pg_control_system()',
  );
  return row!.id;
}

/** Writes something, and ends the segment; answers with where everything is before. */
export async function writeSegment(server: PostgresServer): Promise<Lsn> {
  await server.query('postgres', `SELECT pg_logical_emit_message(true, 'test', repeat('x', 100000))`);
  const [row] = await server.query<{ lsn: string }>('postgres', 'SELECT pg_switch_wal()::text AS lsn');
  return parseLsn(row!.lsn)!;
}

/** Waits until the archive has every segment before a position, on whatever timeline; answers with their names. */
export async function untilArchived(archiver: TestArchiver, lsn: Lsn): Promise<string[]> {
  return waitUntil(`WAL is archived up to ${lsn}`, async () => {
    const names = [...(await archiver.list()).segments.keys()];
    const isThere = names.some((name) => {
      const { start } = parseSegmentName(name, SEGMENT_BYTES)!;
      return start < lsn && lsn <= start + BigInt(SEGMENT_BYTES);
    });
    return isThere ? names : undefined;
  });
}

/** Where the server keeps WAL by our slot. */
export async function readRestart(server: PostgresServer): Promise<Lsn | undefined> {
  const [row] = await server.query<{ lsn: string | null }>(
    'postgres',
    'SELECT restart_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [SLOT],
  );
  return parseLsn(row?.lsn ?? '');
}

/** The segment as it was, out of the store: decrypted with `gpgHome` when it was encrypted, and decompressed. */
export async function readArchived(archiver: TestArchiver, name: string, gpgHome?: string) {
  const { key } = (await archiver.list()).segments.get(name)!;
  const file = join(archiver.storeDirectory, key);
  const decrypted = gpgHome
    ? (
        await execa('gpg', ['--homedir', gpgHome, '--batch', '--quiet', '--decrypt', file], {
          encoding: 'buffer',
        })
      ).stdout
    : await readFile(file);
  const { stdout } = await execa('zstd', ['-dc'], { input: decrypted, encoding: 'buffer' });
  return Buffer.from(stdout);
}
