import { Client, Connection } from '@temporalio/client';
import type { ServerAddress } from '../tools/data/server-session.js';
import { choosePostgres } from '../tools/demo/choose-postgres.js';
import { narrate } from '../tools/demo/narrate.js';
import { startBackupSystem, type BackupSystem } from '../tools/demo/start-backup-system.js';
import type { Started } from '../tools/demo/started.js';
import { withStarted } from '../tools/demo/with-started.js';
import { startPostgres, type PostgresOptions, type PostgresServer } from '../tools/servers/postgres.js';
import type { S3Server } from '../tools/servers/s3.js';

/** Databases, and what backs them up into S3. */
export interface BenchSystem extends BackupSystem {
  s3: S3Server;
  postgres: PostgresServer;
  client: Client;
}

/** PostgreSQL as it is shipped; its tests run without fsync and with less memory. */
export const postgresSettings = { fsync: 'on', shared_buffers: '128MB' } as const;

/** Starts a server as it is shipped, but for what `options` say, and fills its databases. */
export async function startSeededPostgres(
  started: Started,
  options: PostgresOptions,
  data: string,
  databases: readonly string[],
  seed: (server: ServerAddress) => Promise<unknown>,
): Promise<PostgresServer> {
  const settings = { ...postgresSettings, ...options.settings };
  const postgres = await narrate('Starting PostgreSQL', () =>
    started.add(() => startPostgres({ ...options, settings })),
  );
  await narrate(`Filling it with ${data}`, async () => {
    await seed(postgres);
    // The first reader of a row writes down whether its transaction committed: none of the sides shall have to.
    for (const database of databases) await postgres.query(database, 'VACUUM');
    await postgres.query('postgres', 'CHECKPOINT');
  });
  return postgres;
}

/**
 * Lends a system of one's own: PostgreSQL, Temporal, MinIO, and a worker process with the default configuration.
 *
 * @param data what the databases are filled with, for people
 * @param databases those to back up; none: every one of the server but the templates
 */
export async function withSystem<T>(
  data: string,
  databases: readonly string[],
  seed: (server: ServerAddress) => Promise<unknown>,
  use: (system: BenchSystem) => Promise<T>,
): Promise<T> {
  return await withStarted(async (started) => {
    const postgres = await startSeededPostgres(started, choosePostgres(), data, databases, seed);
    const system = await startBackupSystem(started, {
      ...{ postgres, store: 's3' },
      ...(databases.length > 0 && { databases }),
    });
    const connection = await Connection.connect({ address: system.temporal.address });
    try {
      return await use({ ...system, s3: system.s3!, postgres, client: new Client({ connection }) });
    } finally {
      await connection.close();
    }
  });
}
