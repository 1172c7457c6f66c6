import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findReaders } from '../../../src/activities/find-readers.js';
import { startTemporalDevServer, type TemporalServer } from '../../../tools/servers/temporal.js';
import { waitUntil } from '../../support/wait-until.js';

let temporal: TemporalServer & AsyncDisposable;
let client: Client;

beforeAll(async () => {
  temporal = await startTemporalDevServer();
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
});
afterAll(async () => {
  await client.connection.close();
  await temporal[Symbol.asyncDispose]();
});

/** Begins a run that no worker takes up, and shows of it what it would show once it is planned. */
const begin = (type: string, memo?: Record<string, string>) =>
  client.workflow.start(type, {
    ...{ taskQueue: 'nobody', workflowId: `${type}-${crypto.randomUUID()}` },
    ...(memo ? { memo } : {}),
  });

const countRunning = async () => (await client.workflow.count("ExecutionStatus = 'Running'")).count;

test('what reads the backups of a server is found while it runs', async () => {
  const nobody = { backups: new Set(), recovers: false };
  expect(await findReaders(client, 'main')).toEqual(nobody);
  const of = (server: string, id: string) => ({ BackupServer: server, BackupId: id });
  const runs = [
    await begin('restoreDatabase', of('main', 'app_20261101_020000')),
    await begin('restoreDatabase', of('other', 'app_20261101_020001')),
    await begin('restoreDatabase'),
    await begin('drillDisasterRecovery', of('other', 'disaster_20261101_020000')),
    await begin('archiveWal', of('main', 'none')),
  ];
  await waitUntil('all are listed', async () => (await countRunning()) === runs.length);
  const restoring = { backups: new Set(['app_20261101_020000']), recovers: false };
  expect(await findReaders(client, 'main')).toEqual(restoring);

  const planning = await begin('recoverToPointInTime');
  await waitUntil('it is listed', async () => (await countRunning()) === runs.length + 1);
  expect(await findReaders(client, 'main')).toEqual({ ...restoring, recovers: true });
  await planning.terminate();
  const drill = await begin('drillDisasterRecovery', of('main', 'disaster_20261101_020001'));
  await waitUntil('the one is listed and the other is not', async () =>
    (await findReaders(client, 'third')).recovers ? false : (await findReaders(client, 'main')).recovers,
  );

  for (const run of [...runs, drill]) await run.terminate();
  await waitUntil('none is listed', async () => (await countRunning()) === 0);
  expect(await findReaders(client, 'main')).toEqual(nobody);
});
