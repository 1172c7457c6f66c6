import { installAzurite } from '../install/install-azurite.js';
import { installFakeGcsServer } from '../install/install-fake-gcs-server.js';
import { installMinio } from '../install/install-minio.js';
import { startAzurite } from '../servers/azurite.js';
import { startFakeGcs } from '../servers/gcs.js';
import { startMinio } from '../servers/minio.js';
import type { S3Server } from '../servers/s3.js';
import type { Stoppable } from '../servers/server-directory.js';

/** The bucket or container of a system that keeps its backups on a server. */
export const bucket = 'backups';

/** A store on a server of its own, as `backups.yaml` describes it. */
export interface ServedStore extends Stoppable {
  /** Where the server listens. */
  endpoint: string;
  /** The store's section, without its secrets. */
  configuration: { url: string } & Readonly<Record<string, string>>;
  /** By the keys of the section that name their files. */
  secrets: Readonly<Record<string, string>>;
  s3?: S3Server;
}

interface StoreServer {
  name: string;
  install: () => Promise<unknown>;
  start: () => Promise<ServedStore>;
}

/** A real server for each kind of store but the directory. */
export const storeServers = {
  s3: { name: 'MinIO', install: installMinio, start: startS3Store },
  azure: { name: 'Azurite', install: installAzurite, start: startAzureStore },
  gcs: { name: 'fake-gcs-server', install: installFakeGcsServer, start: startGcsStore },
} as const satisfies Record<string, StoreServer>;

/** Where a system can keep its backups. */
export type StoreKind = 'directory' | keyof typeof storeServers;

async function startS3Store(): Promise<ServedStore> {
  const s3 = await startMinio({ buckets: [bucket] });
  const { endpoint, region, accessKeyId, secretAccessKey } = s3;
  return {
    ...pickStop(s3),
    endpoint,
    configuration: { url: `s3://${bucket}`, endpoint, region },
    secrets: { accessKeyIdFile: accessKeyId, secretAccessKeyFile: secretAccessKey },
    s3,
  };
}

async function startAzureStore(): Promise<ServedStore> {
  const azurite = await startAzurite({ containers: [bucket] });
  return {
    ...pickStop(azurite),
    endpoint: azurite.endpoint,
    configuration: { url: `azure://${bucket}` },
    secrets: { connectionStringFile: azurite.connectionString },
  };
}

async function startGcsStore(): Promise<ServedStore> {
  const server = await startFakeGcs({ buckets: [bucket] });
  const { endpoint } = server;
  return { ...pickStop(server), endpoint, configuration: { url: `gs://${bucket}`, endpoint }, secrets: {} };
}

function pickStop(server: Stoppable): Stoppable {
  const stop = () => server.stop();
  return { stop, [Symbol.asyncDispose]: stop };
}
