import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { findFreePort } from '../../../tools/servers/free-port.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { prepareWorker } from '../../support/worker-process.js';

/** What of backups.yaml is changed here. */
interface Document {
  staging: { directory: string };
  servers: { passwordFile: string }[];
  worker: { port: number };
}

test('workflows and steps in two processes, of which the first needs neither staging volume nor secrets', async () => {
  await using system = await startBackupSystem({ databases: ['app'], startWorker: false });
  const directory = await makeScratchDirectory();
  const start = async (roles: string, change: (document: Document) => void) => {
    const document = parse(await readFile(system.configurationFile, 'utf8')) as Document;
    document.worker.port = await findFreePort();
    change(document);
    const configurationFile = join(directory, `${roles}.yaml`);
    await writeFile(configurationFile, stringify(document));
    const workerDirectory = join(directory, roles);
    await mkdir(workerDirectory);
    const { port } = document.worker;
    const worker = prepareWorker({
      ...{ roles, configurationFile, port },
      environment: system.environment,
      directory: workerDirectory,
    });
    await worker.start();
    return worker;
  };
  const control = await start('control', (document) => {
    document.staging.directory = join(directory, 'nowhere');
    for (const server of document.servers) server.passwordFile = join(directory, 'no-secret');
  });
  const backup = await start('backup', () => undefined);
  try {
    const { backups } = await system.backUp();
    expect(backups.map(({ outcome }) => outcome)).toEqual(['committed']);
  } finally {
    await control.stop();
    await backup.stop();
  }
});
