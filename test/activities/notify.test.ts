import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { notify } from '../../src/activities/notify.js';
import { notification } from '../../src/config/channels.js';
import type { Configuration } from '../../src/config/schema.js';
import type { NotificationEvent } from '../../src/model/notification.js';
import type { PostableAlert } from '../../src/observability/alertmanager.js';
import { createLogger } from '../../src/observability/logger.js';
import { startHttpChannel } from '../support/http-channel.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const failed: NotificationEvent = {
  type: 'backup.failed',
  what: 'backupDatabase agentic',
  timestamp: '2026-11-01T02:00:00.000Z',
  server: 'main',
  workflowType: 'backupDatabase',
  workflowId: 'w',
  runId: 'r',
  failure: { type: 'LockTimeout', message: 'Locked; wait.' },
};

async function writeSecret(content: string): Promise<string> {
  const path = join(await makeScratchDirectory(), 'secret');
  await writeFile(path, `${content}\n`);
  return path;
}

/** @param channels - as they stand in backups.yaml */
async function tell(
  channels: object[],
  channel: string | number,
  { event = failed, servers = [{ name: 'main' }] }: { event?: NotificationEvent; servers?: object[] } = {},
): Promise<void> {
  const configuration = {
    notifications: channels.map((entry) => notification.parse(entry)),
    servers,
  } as Configuration;
  const dependencies = { configuration, logger: createLogger('silent') };
  await new MockActivityEnvironment().run(notify, dependencies, event, channel);
}

it('tells one channel, and no other', async () => {
  const [first, second] = [await startHttpChannel(), await startHttpChannel()];
  const urlFile = await writeSecret(`${second.origin}/hook`);
  const channels = [{ webhook: { url: `${first.origin}/hook` } }, { name: 'pager', webhook: { urlFile } }];
  const told = () =>
    [first, second].map(({ received }) => received.map(({ text }) => JSON.parse(text) as object));
  await tell(channels, 'pager');
  expect(told()).toEqual([[], [failed]]);
  await tell(channels, 'webhook 1');
  expect(told()).toEqual([[failed], [failed]]);
  await tell(channels, 0);
  expect(told()).toEqual([[failed, failed], [failed]]);
});

it('signs what it sends where there is a secret', async () => {
  const { origin, received } = await startHttpChannel();
  await tell([{ webhook: { url: origin, secretFile: await writeSecret('shared secret') } }], 'webhook 1');
  const [{ headers, text }] = received as [(typeof received)[0]];
  const signature = createHmac('sha256', 'shared secret').update(text).digest('hex');
  expect(headers['x-signature-256']).toBe(`sha256=${signature}`);
});

it('sends a text to whoever takes nothing else', async () => {
  const { origin, received } = await startHttpChannel();
  await tell([{ webhook: { url: origin, body: 'text' } }], 'webhook 1');
  expect(JSON.parse(received[0]!.text)).toEqual({
    text: 'TROUBLE: backupDatabase agentic\nLocked; wait.\n2026-11-01 02:00:00 UTC, workflow w',
  });
});

it('writes to a Telegram chat, and keeps the token out of what goes wrong', async () => {
  const refusal = '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}';
  const { origin, received } = await startHttpChannel({ status: 400, body: refusal });
  const channel = {
    telegram: { tokenFile: await writeSecret('123:telegram-token'), chatId: -1001, apiUrl: origin },
  };
  const error = await tell([channel], 'telegram 1').catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    type: 'NotificationFailed',
    nonRetryable: false,
    message: `Telegram at ${new URL(origin).host} answered 400 (Bad Request: chat not found); check notification channel "telegram 1".`,
  });
  await tell([channel], 'telegram 1');
  expect(received.map(({ path }) => path)).toEqual(Array(2).fill('/bot123:telegram-token/sendMessage'));
  expect(JSON.parse(received[1]!.text)).toMatchObject({
    chat_id: -1001,
    text: expect.stringMatching(/^TROUBLE: backupDatabase agentic\nLocked; wait\./) as string,
  });
});

it('raises an alert, and ends it with the same labels', async () => {
  const { origin, received } = await startHttpChannel({ status: 200 }, { status: 200 });
  const { failure, ...success } = { ...failed, type: 'backup.succeeded' as const };
  await tell([{ alertmanager: { url: `${origin}/` } }], 'alertmanager 1');
  await tell([{ alertmanager: { url: origin } }], 'alertmanager 1', { event: success });
  expect(received.map(({ path }) => path)).toEqual(['/api/v2/alerts', '/api/v2/alerts']);
  const [[raised], [ended]] = received.map(({ text }) => JSON.parse(text) as PostableAlert[]) as [
    [PostableAlert],
    [PostableAlert],
  ];
  expect(raised.labels).toEqual({
    alertname: 'TempoNestBackupFailed',
    job: 'temponest-backups',
    server: 'main',
    severity: 'critical',
    workflow: 'backupDatabase',
  });
  expect(raised.endsAt).toBe('2026-11-02T04:00:00.000Z');
  expect(raised.annotations.description).toBe('Locked; wait.');
  expect(ended.labels).toEqual(raised.labels);
  expect(new Date(ended.endsAt).getTime()).toBeLessThanOrEqual(Date.now());
});

it('raises and ends an alert for each finding', async () => {
  const { origin, received } = await startHttpChannel({ status: 200 }, { status: 200 });
  const finding = { severity: 'warning' as const, where: 'langfuse', remedy: 'look' };
  const findings = [
    { ...finding, id: 'size/langfuse', what: 'It shrank.' },
    { ...finding, id: 'orphan/x', what: 'Nobody’s.' },
  ];
  const { failure, ...event } = { ...failed, type: 'finding.new' as const, findings };
  await tell([{ alertmanager: { url: origin } }], 'alertmanager 1', { event });
  const resolved = { ...event, type: 'finding.resolved' as const, findings: findings.slice(0, 1) };
  await tell([{ alertmanager: { url: origin } }], 'alertmanager 1', { event: resolved });
  const [raised, ended] = received.map(({ text }) => JSON.parse(text) as PostableAlert[]);
  expect(raised!.map(({ labels }) => labels.finding)).toEqual(['size/langfuse', 'orphan/x']);
  expect(ended!.map(({ labels }) => labels)).toEqual([raised![0]!.labels]);
  expect(ended![0]!.endsAt < raised![0]!.endsAt).toBe(true);
});

it('sends the heartbeat of the server that a run is of', async () => {
  const [main, other] = [await startHttpChannel(), await startHttpChannel()];
  const servers = [
    { name: 'main', heartbeat: { urlFile: await writeSecret(`${main.origin}/ping/main-secret`) } },
    { name: 'other', heartbeat: { url: other.origin } },
  ];
  await tell([], 'heartbeat', { servers });
  expect(main.received).toMatchObject([{ method: 'GET', path: '/ping/main-secret' }]);
  expect(other.received).toEqual([]);
});

it.each([
  ['refuses it', { status: 503 }, 'answered 503'],
  ['sends it elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }, 'answered 302'],
])('fails, to be tried again, when the channel %s', async (_how, answer, said) => {
  const { origin } = await startHttpChannel(answer);
  await expect(tell([{ webhook: { url: origin } }], 'webhook 1')).rejects.toMatchObject({
    type: 'NotificationFailed',
    nonRetryable: false,
    message: `the webhook at ${new URL(origin).host} ${said}; check notification channel "webhook 1".`,
  });
});

it('gives user and password of a URL as HTTP wants them, and names neither', async () => {
  const { origin, received } = await startHttpChannel({ status: 401 });
  const url = origin.replace('http://', 'http://operator:p%40ss@');
  const error = (await tell([{ webhook: { url } }], 'webhook 1').catch((caught: unknown) => caught)) as Error;
  expect(received[0]!.headers.authorization).toBe(`Basic ${Buffer.from('operator:p@ss').toString('base64')}`);
  expect(error.message).not.toMatch(/operator|p@ss|p%40ss/);
});

it('fails, to be tried again, as long as the file with the address is not there', async () => {
  const urlFile = join(await makeScratchDirectory(), 'url');
  await expect(tell([{ webhook: { urlFile } }], 'webhook 1')).rejects.toMatchObject({
    type: 'NotificationFailed',
    nonRetryable: false,
    message: expect.stringContaining(urlFile) as string,
  });
});

it('fails for good when the channel is no longer configured', async () => {
  await expect(tell([], 'pager')).rejects.toMatchObject({
    nonRetryable: true,
    message: 'Channel "pager" is gone from backups.yaml since; look the event up in Temporal.',
  });
});
