import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Configuration } from '../../src/config/schema.js';
import { findFreePort } from '../../tools/servers/free-port.js';
import type { BackupSystem } from './backup-system.js';
import { prepareWorker, type WorkerProcess } from './worker-process.js';

/** A worker like the system's own, with a staging volume of its own. */
export async function prepareOtherHost(system: BackupSystem): Promise<WorkerProcess> {
  const directory = join(system.scratch, 'other-host');
  const configuration = parse(await readFile(system.configurationFile, 'utf8')) as Configuration;
  configuration.staging.directory = join(directory, 'staging');
  configuration.worker.port = await findFreePort();
  await mkdir(configuration.staging.directory, { recursive: true });
  const configurationFile = join(directory, 'backups.yaml');
  await writeFile(configurationFile, stringify(configuration));
  const { environment } = system;
  return prepareWorker({ configurationFile, environment, directory, port: configuration.worker.port });
}
