import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openStores } from '../../src/catalogue/open-stores.js';
import { loadConfiguration } from '../../src/config/load.js';
import type { Store } from '../../src/stores/store.js';
import type { S3Server } from '../../tools/servers/s3.js';
import type { BackupSystem } from './backup-system.js';
import { runCli } from '../integration/client/run-cli.js';
import { waitUntil } from './wait-until.js';

/** A bucket of its own as a store named `offsite`, as backups.yaml has it. */
export async function s3Replica(server: S3Server, directory: string, endpoint = server.endpoint) {
  const bucket = `r-${crypto.randomUUID()}`;
  await server.createBucket(bucket);
  const accessKeyIdFile = join(directory, 'replica-access-key-id');
  const secretAccessKeyFile = join(directory, 'replica-secret-access-key');
  await writeFile(accessKeyIdFile, server.accessKeyId, { mode: 0o600 });
  await writeFile(secretAccessKeyFile, server.secretAccessKey, { mode: 0o600 });
  const { region } = server;
  return {
    name: 'offsite',
    url: `s3://${bucket}/copies`,
    ...{ endpoint, region, accessKeyIdFile, secretAccessKeyFile },
  };
}

/** A directory as a store named `offsite`. */
export async function directoryReplica(directory: string) {
  const path = join(directory, 'replica');
  await mkdir(path, { mode: 0o700 });
  return { name: 'offsite', url: pathToFileURL(path).href };
}

/** The store named `offsite`, opened by the tests' own process. */
export async function openReplica({ configurationFile }: BackupSystem): Promise<Store> {
  const stores = await openStores(await loadConfiguration(configurationFile));
  return stores.find(({ name }) => name === 'offsite')!;
}

/** What `stores compare` says of the replica, and its exit code. */
export async function compareStores({ configurationFile, environment }: BackupSystem) {
  const { exitCode, stdout } = await runCli(
    ['--config', configurationFile, '--json', 'stores', 'compare'],
    environment,
  );
  const { replicas } = JSON.parse(stdout) as {
    replicas: { store: string; objects?: number; bytes?: number; since?: string; fault?: string }[];
  };
  return { exitCode, ...replicas[0]! };
}

/** Waits until the replica has all that the primary has. */
export async function untilEqual(system: BackupSystem): Promise<void> {
  await waitUntil(
    'the replica has everything',
    async () => (await compareStores(system)).exitCode === 0,
    180,
  );
}
