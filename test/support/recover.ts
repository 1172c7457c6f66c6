import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { chainOf } from '../../src/catalogue/base-backups.js';
import type { RecoveryPoint } from '../../src/model/recovery.js';
import type { RecoveryTarget } from '../../src/model/recovery-target.js';
import { withConnection } from '../../src/postgres/connection.js';
import { findTarget, type FoundTarget } from '../../src/recovery/find-target.js';
import {
  locateRecovery,
  serveRecovered,
  type RecoveredCluster,
} from '../../src/recovery/recovered-cluster.js';
import { rollForward } from '../../src/recovery/roll-forward.js';
import { unpackBase } from '../../src/recovery/unpack-base.js';
import { downloadArtifact } from '../../src/restores/download-artifact.js';
import type { ArchivedServer } from './archived-server.js';

const { signal } = new AbortController();

/** A server that was recovered, by the functions that the activities and the break-glass command call. */
export interface Recovered {
  found: FoundTarget;
  point: RecoveryPoint;
  cluster: RecoveredCluster;
  /** Asks it; it serves for that long. */
  ask<T>(database: string, question: (client: Client) => Promise<T>): Promise<T>;
}

/** Finds how a target can be reached, as the plan of a recovery does. */
export async function find(server: ArchivedServer, wanted: RecoveryTarget): Promise<FoundTarget> {
  const { store, cluster, privateKeys, programDirectories, scratch } = server;
  const options = { ...(privateKeys && { privateKeys }), workDirectory: scratch, programDirectories };
  const bringUpToDate = () => Promise.resolve(false);
  return findTarget({ store, server: cluster.server, options, bringUpToDate, context: { signal } }, wanted);
}

/** Recovers a server to a target and lends it to `use`; nothing of it is left. */
export async function withRecovered<T>(
  server: ArchivedServer,
  wanted: RecoveryTarget,
  use: (recovered: Recovered) => Promise<T>,
): Promise<T> {
  const found = await find(server, wanted);
  const { base, backups, target, path, segments } = found;
  const { store, privateKeys, programDirectories, postgres } = server;
  const workDirectory = await mkdtemp(join(server.scratch, 'recovery-'));
  const directory = join(workDirectory, 'cluster');
  await mkdir(directory, { mode: 0o700 });
  const context = {
    ...{ signal, onProgress: () => undefined },
    ledger: { directory: join(workDirectory, 'children') },
  };
  const options = { ...(privateKeys && { privateKeys }), workDirectory, programDirectories };
  try {
    const parts = chainOf(backups, base)!.map((manifest) => ({
      manifest,
      file: join(workDirectory, manifest.id),
    }));
    for (const { manifest, file } of parts) await downloadArtifact(store, manifest.artifact, file, context);
    await unpackBase(parts, locateRecovery(directory).dataDirectory, options, context);
    const cluster = { directory, superuser: base.superuser, binDirectory: postgres.binDirectory };
    const last = path.segments[segments - 1]?.name;
    const point = await rollForward({ store, base, target, last }, cluster, options, context);
    return await use({
      ...{ found, point, cluster },
      ask: (database, question) =>
        serveRecovered(cluster, {}, context, (scratch) =>
          withConnection(scratch, database, signal, question),
        ),
    });
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}
