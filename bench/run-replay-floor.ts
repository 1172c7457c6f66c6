import { mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pMap from 'p-map';
import { findBaseBackup } from '../src/catalogue/base-backups.js';
import { listWal } from '../src/catalogue/wal-archive.js';
import type { BaseManifest } from '../src/model/base-manifest.js';
import type { DisasterDrillResult } from '../src/model/disaster-drill.js';
import { giveToOrdinaryUser } from '../src/postgres/ordinary-user.js';
import { recoverySettings } from '../src/postgres/recovery-settings.js';
import { locateRecovery, serveRecovered } from '../src/recovery/recovered-cluster.js';
import { unpackBase } from '../src/recovery/unpack-base.js';
import { findPath } from '../src/recovery/wal-path.js';
import { withWalReader } from '../src/recovery/wal-reader.js';
import { downloadArtifact } from '../src/restores/download-artifact.js';
import type { Store } from '../src/stores/store.js';
import { time } from './statistics.js';

/** What is needed to read a store without a worker. */
export interface FloorMeans {
  store: Store;
  privateKeysFile: string;
  /** PostgreSQL's programs of the server's version. */
  binDirectory: string;
  /** Made, and removed at the end. */
  directory: string;
}

/** The replay of what a drill has recovered, with nothing else to do. */
export interface ReplayFloor {
  seconds: number;
  base: BaseManifest;
}

/**
 * Replays what a drill has replayed: the same base backup and the same segments, all of them already decrypted in a local
 * directory from which `restore_command` copies them, by a server of the same settings. The time is from its start to its
 * end, as a recovery's own step has it.
 */
export async function replayLocally(
  { baseBackup, segments, server }: DisasterDrillResult,
  { store, privateKeysFile, binDirectory, directory }: FloorMeans,
): Promise<ReplayFloor> {
  const { signal } = new AbortController();
  const context = {
    ...{ signal, onProgress: () => undefined },
    ledger: { directory: join(directory, 'children') },
  };
  const options = {
    privateKeys: { privateKeysFile },
    workDirectory: directory,
    programDirectories: [binDirectory, '/usr/local/bin', '/usr/bin', '/bin'],
  };
  const wal = join(directory, 'wal');
  await mkdir(wal, { recursive: true });
  try {
    const base = await findBaseBackup(store, server, baseBackup, signal);
    if (!base) throw new Error(`The store has no base backup ${baseBackup}, from which the drill recovered.`);
    const file = join(directory, base.id);
    await downloadArtifact(store, base.artifact, file, context);
    const { dataDirectory } = locateRecovery(directory);
    await unpackBase([{ manifest: base, file }], dataDirectory, options, context);
    await writeFile(join(dataDirectory, 'recovery.signal'), '');
    await rm(file);

    const path = findPath(await listWal(store, base, signal), base);
    await withWalReader(store, base, options, context, ({ fetch }) =>
      pMap(path.segments.slice(0, segments), (segment) => fetch(segment, join(wal, segment.name), signal), {
        concurrency: availableParallelism(),
      }),
    );
    await giveToOrdinaryUser(wal, context);
    const settings = recoverySettings('cp "../wal/%f" "%p"', { kind: 'end' }, path.timeline);
    await execa('sync');
    const seconds = await time(() =>
      serveRecovered({ directory, superuser: base.superuser, binDirectory }, { settings }, context, () =>
        Promise.resolve(),
      ),
    );
    return { seconds, base };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
