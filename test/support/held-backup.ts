import { startMinio } from '../../tools/servers/minio.js';
import { startPostgres, type PostgresServer } from '../../tools/servers/postgres.js';
import type { S3Server } from '../../tools/servers/s3.js';
import { startS3Proxy, type ProxiedRequest } from '../integration/stores/s3-proxy.js';
import { operationId } from '../../src/model/queues.js';
import { startTemporalDevServer, type TemporalDevServer } from '../../tools/servers/temporal.js';
import { SERVER, startBackupSystem, type BackupSystem, type BackupSystemOptions } from './backup-system.js';
import { makeGate } from './gate.js';
import { makeGpgHome, type GpgHome } from './gpg-home.js';
import { makeNamespace } from './temporal-namespace.js';
import { waitUntil } from './wait-until.js';
import { holdFirstRun, makeWrappedPrograms, onlyCount } from './wrapped-programs.js';

/** Moments in the middle of each step of a backup. */
export const moments = [
  'dump',
  'compress',
  'readBack',
  'encrypt',
  'upload',
  'upload, answer on its way',
  'verify',
  'commit',
  'commit, answer on its way',
] as const;
export type Moment = (typeof moments)[number];

/** The step that a moment lies in: its activity's name. */
export const stepOf = (moment: Moment): string => moment.split(',')[0]!;

/** A system whose first backup is held at one moment; whatever is tried again passes. */
export interface HeldSystem extends BackupSystem {
  /** Resolves when the backup has come to that moment. */
  held: () => Promise<void>;
  /** Lets it go on. */
  release: () => Promise<void>;
  /** How often each program has begun its part: dumping, packing, reading back, encrypting. */
  countRuns: () => Promise<Record<'pg_dump' | 'tar' | 'zstd' | 'gpg', number>>;
}

/** Servers that several systems share. */
export interface SharedServers extends AsyncDisposable {
  /** With a database `app`, in which table `kept` has 1000 rows. */
  postgres: PostgresServer;
  s3: S3Server;
  /** Each system gets a namespace of its own. */
  temporal: TemporalDevServer;
  key: GpgHome;
}

/** Starts them. */
export async function startSharedServers(): Promise<SharedServers> {
  const postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE app');
  await postgres.query('app', 'CREATE TABLE kept AS SELECT n, md5(n::text) FROM generate_series(1, 1000) n');
  const s3 = await startMinio();
  const temporal = await startTemporalDevServer();
  const key = await makeGpgHome('backups@test.invalid');
  return {
    postgres,
    s3,
    temporal,
    key,
    async [Symbol.asyncDispose]() {
      for (const server of [postgres, s3, temporal, key]) await server[Symbol.asyncDispose]();
    },
  };
}

/** Starts a system with an S3 store and GPG that will be held at `moment`. */
export async function startHeldSystem(
  moment: Moment,
  { postgres, s3, temporal, key }: SharedServers,
  options: Partial<BackupSystemOptions> = {},
): Promise<HeldSystem> {
  const programs = await makeWrappedPrograms();
  const scriptAt = (step: Moment) => (step === moment ? holdFirstRun : onlyCount);
  const pgDump = await programs.wrap({
    name: 'pg_dump',
    from: postgres.binDirectory,
    script: scriptAt('dump'),
  });
  const tar = await programs.wrap({ name: 'tar', argument: '--create', script: scriptAt('compress') });
  // As tar runs it to decompress.
  const zstd = await programs.wrap({ name: 'zstd', argument: '-d', script: scriptAt('readBack') });
  const gpg = await programs.wrap({ name: 'gpg', argument: '--encrypt', script: scriptAt('encrypt') });

  const gate = makeGate();
  let isStored = false;
  const isAt = (request: ProxiedRequest): boolean => {
    const isArtifact = /\.gpg(\?|$)/.test(request.url);
    const isManifest = request.url.includes('.manifest.json');
    if (isArtifact && request.method === 'PUT') isStored = true;
    switch (stepOf(moment)) {
      case 'upload':
        return isArtifact && request.method === 'PUT';
      case 'verify':
        return isArtifact && request.method === 'HEAD' && isStored;
      case 'commit':
        return isManifest && request.method === 'PUT';
      default:
        return false;
    }
  };
  const hold = (request: ProxiedRequest) => (isAt(request) ? gate.enter() : undefined);
  const isAnswerHeld = moment.endsWith('answer on its way');
  const proxy = await startS3Proxy(s3.endpoint, isAnswerHeld ? { holdAnswer: hold } : { holdRequest: hold });

  const end = async () => {
    await proxy[Symbol.asyncDispose]();
    await programs[Symbol.asyncDispose]();
  };
  const system = await startBackupSystem({
    databases: ['app'],
    postgres,
    temporal: await makeNamespace(temporal),
    store: 's3',
    s3,
    s3Endpoint: proxy.endpoint,
    encryption: 'gpg',
    key,
    programDirectories: [programs.directory],
    ...options,
  }).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const program = { dump: pgDump, compress: tar, readBack: zstd, encrypt: gpg }[moment as 'dump'];
  /** Reading back and encryption go on side by side: the one that is not held is to be over. */
  const isAlone = async () => {
    const backup = system.client.workflow.getHandle(
      operationId({ kind: 'database', server: SERVER, database: 'app' }),
    );
    return (await backup.describe()).raw.pendingActivities?.length === 1;
  };
  return {
    ...system,
    held: async () => {
      await (program?.held() ?? gate.held);
      await waitUntil(`${moment} is all that goes on`, isAlone);
    },
    release: async () => (program ? program.release() : gate.open()),
    countRuns: async () => ({
      pg_dump: (await pgDump.runs()).length,
      tar: (await tar.runs()).length,
      zstd: (await zstd.runs()).length,
      gpg: (await gpg.runs()).length,
    }),
    async [Symbol.asyncDispose]() {
      try {
        await system[Symbol.asyncDispose]();
      } finally {
        await end();
      }
    },
  };
}
