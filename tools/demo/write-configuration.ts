import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import type { PostgresServer } from '../servers/postgres.js';
import type { S3Address } from '../servers/s3.js';
import type { GpgKey } from './make-gpg-key.js';

/** What a configuration is made of. */
export interface Site {
  /** Everything is written here. */
  directory: string;
  postgres: PostgresServer;
  /** Left out: every database of the server but the templates. */
  databases?: readonly string[];
  /** More of the server's section of `backups.yaml`. */
  server?: Readonly<Record<string, unknown>>;
  /** A server and its bucket; left out, backups go into a directory. */
  s3?: S3Address & { bucket: string };
  key: GpgKey;
  /** Where the worker answers whether it is ready. */
  workerPort: number;
}

/** How the server is called in keys and commands. */
export const serverName = 'main';

/** What was written. */
export interface WrittenConfiguration {
  /** `backups.yaml`. */
  file: string;
  stagingDirectory: string;
  /** Where the backups will lie. */
  storeUrl: string;
}

/** Writes `backups.yaml` with the files and directories that it names. */
export async function writeConfiguration(site: Site): Promise<WrittenConfiguration> {
  const { directory, postgres, key } = site;
  const stagingDirectory = join(directory, 'staging');
  await mkdir(stagingDirectory);
  const store = site.s3 ? await describeS3Store(directory, site.s3) : await makeDirectoryStore(directory);
  const file = join(directory, 'backups.yaml');
  const configuration = {
    staging: { directory: stagingDirectory },
    servers: [
      {
        name: serverName,
        ...{ host: postgres.host, port: postgres.port, user: postgres.user },
        passwordFile: await writeSecret(directory, 'postgres-password', postgres.password),
        ...(site.databases && { databases: site.databases }),
        ...site.server,
      },
    ],
    encryption: { method: 'gpg', recipients: [key.fingerprint], publicKeysFile: key.publicKeysFile },
    stores: [store],
    restore: { privateKeysFile: key.privateKeyFile },
    approvals: { provider: 'none' },
    schedules: { nightly: { hour: 2 }, 'drill-monthly': { dayOfMonth: 1, hour: 4 } },
    programDirectories: [postgres.binDirectory],
    worker: { address: '127.0.0.1', port: site.workerPort, shutdownGrace: '5s' },
  };
  await writeFile(file, stringify(configuration));
  return { file, stagingDirectory, storeUrl: store.url };
}

async function makeDirectoryStore(directory: string): Promise<{ url: string }> {
  const path = join(directory, 'backups');
  await mkdir(path);
  return { url: pathToFileURL(path).href };
}

async function describeS3Store(directory: string, s3: NonNullable<Site['s3']>): Promise<{ url: string }> {
  const store = {
    url: `s3://${s3.bucket}`,
    endpoint: s3.endpoint,
    region: s3.region,
    accessKeyIdFile: await writeSecret(directory, 's3-access-key-id', s3.accessKeyId),
    secretAccessKeyFile: await writeSecret(directory, 's3-secret-access-key', s3.secretAccessKey),
  };
  return store;
}

async function writeSecret(directory: string, name: string, secret: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, secret, { mode: 0o600 });
  return path;
}
