import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it, onTestFinished } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.js';
import { notify } from '../../src/activities/notify.js';
import type { Configuration } from '../../src/config/schema.js';
import type { NotificationEvent } from '../../src/model/notification.js';
import { createLogger } from '../../src/observability/logger.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const failed: NotificationEvent = {
  type: 'backup.failed',
  what: 'backupDatabase agentic',
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

async function tell(notifications: Configuration['notifications'], event: NotificationEvent): Promise<void> {
  const dependencies = { configuration: { notifications }, logger: createLogger('silent') };
  await new MockActivityEnvironment().run(notify, dependencies as unknown as Dependencies, event);
}

it('tells each channel what it wants to know, and nothing else', async () => {
  const [failures, successes, both] = [await openChannel(), await openChannel(), await openChannel()];
  const urlFile = join(await makeScratchDirectory(), 'url');
  await writeFile(urlFile, `${both.url}\n`);
  const notifications: Configuration['notifications'] = [
    { webhook: { url: failures.url }, on: ['failure'] },
    { webhook: { url: successes.url }, on: ['success'] },
    { webhook: { urlFile }, on: ['failure', 'success'] },
  ];
  await tell(notifications, failed);
  expect(failures.received).toMatchObject([failed]);
  expect(failures.received[0]!.timestamp).toMatch(/^\d{4}-.*Z$/);
  expect(successes.received).toEqual([]);
  expect(both.received).toMatchObject([failed]);

  await tell(notifications, {
    type: 'backup.succeeded',
    what: 'x',
    workflowId: 'w',
    runId: 'r',
    details: [],
  });
  expect([failures, successes, both].map(({ received }) => received.length)).toEqual([1, 1, 2]);
});

it('tells the others when a channel is down, and then fails, to be tried again', async () => {
  const [down, up] = [await openChannel(503), await openChannel()];
  const told = tell(
    [
      { webhook: { url: down.url }, on: ['failure'] },
      { webhook: { url: up.url }, on: ['failure'] },
    ],
    failed,
  );
  await expect(told).rejects.toMatchObject({
    type: 'NotificationFailed',
    nonRetryable: false,
    message: expect.stringMatching(
      /the webhook at 127\.0\.0\.1:\d+ answered 503; check the notification channel\.$/,
    ) as string,
  });
  expect(up.received).toHaveLength(1);
});

it('is content without any channel', async () => {
  await tell([], failed);
});
