import { findFreePort } from '../servers/free-port.js';
import type { PostgresServer } from '../servers/postgres.js';
import type { S3Server } from '../servers/s3.js';
import { startTemporalDevServer, type TemporalDevServer } from '../servers/temporal.js';
import { makeDirectory } from './make-directory.js';
import { makeGpgKey, type GpgKey } from './make-gpg-key.js';
import { narrate } from './narrate.js';
import { startWorker } from './start-worker.js';
import type { Started } from './started.js';
import { storeServers, type StoreKind } from './store-servers.js';
import { writeCommand } from './write-command.js';
import { writeConfiguration } from './write-configuration.js';

/** What backs up one PostgreSQL server, running. */
export interface BackupSystem {
  /** Holds everything below but the servers' own state. */
  directory: string;
  temporal: TemporalDevServer;
  key: GpgKey;
  /** The CLI, set up for this system. */
  command: string;
  stagingDirectory: string;
  /** Where backups go. */
  storeUrl: string;
  /** The server that the store is on, unless it is a directory. */
  storeEndpoint?: string;
  s3?: S3Server;
  workerPid: number;
}

/** What to back up, and where to. */
export interface BackupSystemOptions {
  postgres: PostgresServer;
  /** Left out: every database of the server but the templates. */
  databases?: readonly string[];
  /** More of the server's section of `backups.yaml`. */
  server?: Readonly<Record<string, unknown>>;
  /** Schedules beside `nightly` and `drill-monthly`. */
  schedules?: Readonly<Record<string, unknown>>;
  /** A directory, or a bucket of a server started for it. */
  store: StoreKind;
}

/**
 * Starts Temporal with its UI, the store and a worker of this checkout's build, saying each on standard output.
 *
 * @param started gets all that must be ended and removed afterwards, whether this succeeds or not
 */
export async function startBackupSystem(
  started: Started,
  { postgres, databases, store, server, schedules }: BackupSystemOptions,
): Promise<BackupSystem> {
  const temporal = await narrate('Starting Temporal', () =>
    started.add(() => startTemporalDevServer({ ui: true })),
  );
  const served =
    store === 'directory'
      ? undefined
      : await narrate(`Starting ${storeServers[store].name}`, () => started.add(storeServers[store].start));
  const { directory } = await started.add(() => makeDirectory('backups'));
  const key = await narrate('Making a GPG key to throw away', () =>
    makeGpgKey(directory, 'TempoNest backups (to throw away) <backups@temponest.example>'),
  );
  const workerPort = await findFreePort();
  const configuration = await writeConfiguration({
    ...{ directory, postgres, key, workerPort },
    ...(databases && { databases }),
    ...(server && { server }),
    ...(schedules && { schedules }),
    ...(served && { store: served }),
  });
  // One that the developer's shell exports is another system's, and must not win over this one's.
  delete process.env.TEMPORAL_ADDRESS;
  const command = await writeCommand(directory, {
    configurationFile: configuration.file,
    temporalAddress: temporal.address,
  });
  const worker = await narrate('Starting a worker', () =>
    started.add(() => startWorker(command, workerPort)),
  );
  const { storeUrl, stagingDirectory } = configuration;
  return {
    ...{ directory, temporal, key, command, stagingDirectory, storeUrl },
    ...(served && { storeEndpoint: served.endpoint }),
    ...(served?.s3 && { s3: served.s3 }),
    workerPid: worker.pid,
  };
}
