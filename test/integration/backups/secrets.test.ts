import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.js';
import { seedTempoNest } from '../../../tools/data/seed-temponest.js';
import { startMinio } from '../../../tools/servers/minio.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { readFiles, readHistories } from '../../support/places-of-secrets.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import { listStore } from '../../support/whole-backup.js';
import { prepareWorker } from '../../support/worker-process.js';
import { failureOf } from '../../support/workflow-failure.js';
import { watchDescendants } from './watch-descendants.js';

const signal = new AbortController().signal;
const databases = ['agentic', 'langfuse'];

/** Every manifest in the store, as text. */
async function readManifests({ store }: BackupSystem): Promise<string[]> {
  const { objects } = await listStore(store);
  const manifests = objects.filter((key) => key.endsWith('.manifest.json'));
  return await Promise.all(manifests.map(async (key) => (await store.getDocument(key, signal))!.toString()));
}

/** Every audit event in the store, as text. */
async function readAuditEvents({ store }: BackupSystem): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('audit/', signal)) keys.push(key);
  return await Promise.all(keys.map(async (key) => (await store.getDocument(key, signal))!.toString()));
}

/** A channel that refuses every other message, so that its address, partly a secret, comes near failures and logs. */
async function startUnreliableWebhook() {
  let asked = 0;
  const server = createServer((_, response) => response.writeHead((asked += 1) % 2 ? 500 : 204).end()).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  return {
    asked: () => asked,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')),
  };
}

test('no secret is in an argument, an environment that does without it, a history, a log or a manifest', async () => {
  await using postgres = await startPostgres();
  await seedTempoNest(postgres);
  await using s3 = await startMinio();
  await using webhook = await startUnreliableWebhook();
  const secrets = {
    password: postgres.password,
    wrongPassword: `wrong-${crypto.randomUUID()}`,
    secretAccessKey: s3.secretAccessKey,
    wrongSecretAccessKey: `wrong-${crypto.randomUUID()}`,
    webhookToken: crypto.randomUUID(),
    webhookSecret: crypto.randomUUID(),
    telegramToken: `123:${crypto.randomUUID()}`,
    setting: crypto.randomUUID(),
  };
  await postgres.query('agentic', `ALTER DATABASE agentic SET app.jwt_secret = '${secrets.setting}'`);
  const secretsDirectory = await makeScratchDirectory();
  const writeSecret = async (name: string, content: string) => {
    await writeFile(join(secretsDirectory, name), content);
    return join(secretsDirectory, name);
  };
  const urlFile = await writeSecret('webhook-url', `${webhook.origin}/services/${secrets.webhookToken}`);
  const secretFile = await writeSecret('webhook-secret', secrets.webhookSecret);
  const tokenFile = await writeSecret('telegram-token', secrets.telegramToken);
  const telegram = { tokenFile, chatId: 1, apiUrl: webhook.origin };
  const on = ['failure', 'success'];
  await using system = await startBackupSystem({
    ...{ databases, postgres, s3, store: 's3', encryption: 'gpg' },
    server: { globals: true },
    worker: { logLevel: 'debug' },
    configuration: {
      notifications: [
        { webhook: { urlFile, secretFile }, on },
        { telegram, on },
      ],
    },
  });
  const file = (name: string) => join(system.scratch, name);
  const holds = (text: string) => Object.entries(secrets).filter(([, secret]) => text.includes(secret));
  /** `known` is what must be in them: that they can be searched. */
  const expectNone = (texts: readonly string[], known: string) => {
    expect(texts.join('\n')).toContain(known);
    expect(texts.flatMap(holds)).toEqual([]);
  };
  const endWatch = watchDescendants(system.worker.pid);
  await system.backUp();
  const programs = await endWatch();

  const names = new Set(programs.map(({ program }) => program));
  expect([...names]).toEqual(
    expect.arrayContaining(['node', 'pg_dump', 'pg_dumpall', 'pg_restore', 'tar', 'zstd', 'gpg']),
  );
  expectNone(
    programs.map(({ commandLine }) => commandLine),
    '--format=directory',
  );
  const withPassword = programs.filter(({ environment }) => environment.includes(secrets.password));
  // pg_dumpall asks pg_dump for its version through a shell.
  const needing = withPassword.filter(
    ({ commandLine }) => !/^sh\n-c\n"[^"]*pg_dump" -V\n$/.test(commandLine),
  );
  expect([...new Set(needing.map(({ program }) => program))].sort()).toEqual(['pg_dump', 'pg_dumpall']);
  expectNone(
    programs.filter((program) => !withPassword.includes(program)).map(({ environment }) => environment),
    'LC_ALL=C',
  );

  await writeFile(file('postgres-password'), secrets.wrongPassword);
  expect(await failureOf(await system.startBackup('agentic'))).toMatchObject({
    type: 'AuthenticationFailed',
  });
  await writeFile(file('postgres-password'), secrets.password);

  await waitUntil('both channels are told of both runs, some at the second try', () => webhook.asked() >= 6);

  await system.worker.stop();
  await writeFile(file('s3-secret-access-key'), secrets.wrongSecretAccessKey);
  const { configurationFile, environment, scratch } = system;
  const { port } = (await loadConfiguration(configurationFile)).worker;
  const misled = prepareWorker({
    configurationFile,
    environment,
    directory: scratch,
    port,
    waitFor: '/health',
  });
  await misled.start();
  try {
    expect(await failureOf(await system.startBackup('agentic'))).toMatchObject({ type: 'StoreDenied' });
    const report = await (await fetch(`http://127.0.0.1:${port}/ready`)).text();
    expectNone([report], 'SignatureDoesNotMatch');
  } finally {
    await misled.stop();
  }

  expectNone(await readHistories(system), '"database":"langfuse"');
  expectNone(await readManifests(system), '"inventory"');
  expectNone(await readAuditEvents(system), '"action":"backup"');
  expectNone([await system.worker.log()], 'step failed');
  expectNone(await readFiles(system.stagingDirectory), '"id"');
});
