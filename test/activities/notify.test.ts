import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it, onTestFinished } from 'vitest';
import { notify } from '../../src/activities/notify.js';
import type { Configuration } from '../../src/config/schema.js';
import type { NotificationEvent } from '../../src/model/notification.js';
import { createLogger } from '../../src/observability/logger.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const failed: NotificationEvent = {
  type: 'backup.failed',
  what: 'backupDatabase agentic',
  timestamp: '2026-11-01T02:00:00.000Z',
  workflowId: 'w',
  runId: 'r',
  failure: { type: 'LockTimeout', message: 'Locked; wait.' },
};

/** A channel that answers with these, and what it received. */
async function openChannel(
  ...answers: number[]
): Promise<{ url: string; received: Record<string, unknown>[] }> {
  const received: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => (body += piece));
    request.on('end', () => {
      received.push(JSON.parse(body) as Record<string, unknown>);
      response.writeHead(answers.shift() ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

async function tell(notifications: Configuration['notifications'], channel: number): Promise<void> {
  const dependencies = { configuration: { notifications } as Configuration, logger: createLogger('silent') };
  await new MockActivityEnvironment().run(notify, dependencies, failed, channel);
}

it('tells one channel, and no other', async () => {
  const [first, second] = [await openChannel(), await openChannel()];
  const urlFile = join(await makeScratchDirectory(), 'url');
  await writeFile(urlFile, `${second.url}\n`);
  const notifications: Configuration['notifications'] = [
    { webhook: { url: first.url }, on: ['failure'] },
    { webhook: { urlFile }, on: ['failure'] },
  ];
  await tell(notifications, 1);
  expect({ first: first.received, second: second.received }).toEqual({ first: [], second: [failed] });
  await tell(notifications, 0);
  expect({ first: first.received, second: second.received }).toEqual({ first: [failed], second: [failed] });
});

it('fails, to be tried again, when the channel does not take it', async () => {
  const { url } = await openChannel(503);
  await expect(tell([{ webhook: { url }, on: ['failure'] }], 0)).rejects.toMatchObject({
    type: 'NotificationFailed',
    nonRetryable: false,
    message: expect.stringMatching(
      /^the webhook at 127\.0\.0\.1:\d+ answered 503; check the notification channel\.$/,
    ) as string,
  });
});

it('fails, to be tried again, as long as the file with the address is not there', async () => {
  const urlFile = join(await makeScratchDirectory(), 'url');
  await expect(tell([{ webhook: { urlFile }, on: ['failure'] }], 0)).rejects.toMatchObject({
    type: 'NotificationFailed',
    nonRetryable: false,
    message: expect.stringContaining(urlFile) as string,
  });
});

it('fails for good when the channel is no longer configured', async () => {
  await expect(tell([], 0)).rejects.toMatchObject({
    nonRetryable: true,
    message: 'Entry 1 of notifications is gone from backups.yaml since; look the event up in Temporal.',
  });
});
