import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, expect, test } from 'vitest';
import type { NotificationEvent } from '../../src/model/notification.js';
import { MAIN_QUEUE } from '../../src/model/queues.js';
import type { BackupsResult } from '../../src/model/results.js';
import { startPostgres } from '../../tools/servers/postgres.js';
import { startTemporalDevServer } from '../../tools/servers/temporal.js';
import { startBackupSystem } from '../support/backup-system.js';
import { shareInFile } from '../support/share-in-file.js';
import { makeNamespace } from '../support/temporal-namespace.js';
import { waitUntil } from '../support/wait-until.js';
import { listStore } from '../support/whole-backup.js';
import { failureOf } from '../support/workflow-failure.js';

const postgres = shareInFile(startPostgres);
const temporal = shareInFile(startTemporalDevServer);
beforeAll(async () => {
  await postgres().query('postgres', 'CREATE DATABASE app');
  await postgres().query('postgres', 'CREATE DATABASE other');
});

/** A webhook that treats the n-th request as told, and remembers all events. */
async function startWebhook(treat: (response: ServerResponse, n: number) => void) {
  const events: NotificationEvent[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      events.push(JSON.parse(Buffer.concat(pieces).toString()) as NotificationEvent);
      treat(response, events.length);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    events,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const notifyOf = (url: string) => ({
  configuration: { notifications: [{ webhook: { url }, on: ['failure', 'success'] }] },
});
const accept = (response: ServerResponse) => response.writeHead(204).end();
const refuseFirst = (response: ServerResponse, n: number) => response.writeHead(n === 1 ? 500 : 204).end();
const hangFirst = (response: ServerResponse, n: number) => (n === 1 ? undefined : accept(response));

test.concurrent('the other databases go on when one fails, and the run says which did what', async () => {
  await using webhook = await startWebhook(accept);
  const databases = ['missing', 'app', 'other'];
  await using system = await startBackupSystem({
    databases,
    postgres: postgres(),
    temporal: await makeNamespace(temporal()),
    server: { concurrency: 1 },
    ...notifyOf(webhook.url),
  });
  const run = await system.client.workflow.start('backupDatabases', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'night',
    args: [{}],
  });
  const { type, message, details } = await failureOf(run);
  expect(type).toBe('BackupsFailed');
  expect(message).toContain('2 of 3 backups of server main committed');
  expect(message).toContain('missing: DatabaseNotFound: Database "missing" does not exist');
  const { backups } = details[0] as BackupsResult;
  expect(backups).toHaveLength(3);
  expect(backups).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ database: 'missing', outcome: 'failed', type: 'DatabaseNotFound' }),
      expect.objectContaining({ database: 'app', outcome: 'committed' }),
      expect.objectContaining({ database: 'other', outcome: 'committed' }),
    ]),
  );
  expect(
    (await listStore(system.store)).objects.filter((key) => key.endsWith('.manifest.json')),
  ).toHaveLength(2);
  await waitUntil('it is told', () => webhook.events.length > 0);
  expect(webhook.events).toMatchObject([
    { type: 'backup.failed', workflowId: 'night', failure: { type: 'BackupsFailed', message } },
  ]);
});

test.concurrent.each([
  ['answers 500', refuseFirst],
  ['hangs', hangFirst],
] as const)('a webhook that %s is told again, and changes nothing of a success', async (_how, treat) => {
  await using webhook = await startWebhook(treat);
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres: postgres(),
    temporal: await makeNamespace(temporal()),
    ...notifyOf(webhook.url),
  });
  expect((await system.backUp()).backups).toMatchObject([{ database: 'app', outcome: 'committed' }]);
  await waitUntil('it is told again', () => webhook.events.length > 1);
  const [first, second] = webhook.events;
  expect(first).toMatchObject({ type: 'backup.succeeded' });
  expect(second).toEqual(first);
});

test.concurrent('a webhook that answers 500 does not hide a failure', async () => {
  await using webhook = await startWebhook(refuseFirst);
  await using system = await startBackupSystem({
    databases: ['missing'],
    postgres: postgres(),
    temporal: await makeNamespace(temporal()),
    ...notifyOf(webhook.url),
  });
  const { type, message } = await failureOf(await system.startBackup('missing'));
  expect(type).toBe('DatabaseNotFound');
  await waitUntil('it is told again', () => webhook.events.length > 1);
  const told = { type: 'backup.failed', failure: { type, message } };
  expect(webhook.events).toMatchObject([told, told]);
});
