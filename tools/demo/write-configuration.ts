import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import type { PostgresServer } from '../servers/postgres.js';
import type { GpgKey } from './make-gpg-key.js';
import type { ServedStore } from './store-servers.js';

/** What a configuration is made of. */
export interface Site {
  /** Everything is written here. */
  directory: string;
  postgres: PostgresServer;
  /** Left out: every database of the server but the templates. */
  databases?: readonly string[];
  /** More of the server's section of `backups.yaml`. */
  server?: Readonly<Record<string, unknown>>;
  /** Schedules beside `nightly` and `drill-monthly`. */
  schedules?: Readonly<Record<string, unknown>>;
  /** Left out, backups go into a directory. */
  store?: Pick<ServedStore, 'configuration' | 'secrets'>;
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
  const store = site.store ? await describeStore(directory, site.store) : await makeDirectoryStore(directory);
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
    schedules: { nightly: { hour: 2 }, 'drill-monthly': { dayOfMonth: 1, hour: 4 }, ...site.schedules },
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

async function describeStore(
  directory: string,
  { configuration, secrets }: NonNullable<Site['store']>,
): Promise<{ url: string }> {
  const files: Record<string, string> = {};
  for (const [key, secret] of Object.entries(secrets))
    files[key] = await writeSecret(directory, `store-${key}`, secret);
  return { ...configuration, ...files };
}

async function writeSecret(directory: string, name: string, secret: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, secret, { mode: 0o600 });
  return path;
}
