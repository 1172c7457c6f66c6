import { expect, it } from 'vitest';
import { listChannels } from '../../src/activities/list-channels.js';
import { notification } from '../../src/config/channels.js';
import type { Configuration } from '../../src/config/schema.js';
import type { NotificationEvent } from '../../src/model/notification.js';

const event = (
  type: NotificationEvent['type'],
  more: Partial<NotificationEvent> = {},
): NotificationEvent => ({
  ...{ type, what: 'backupDatabase agentic', timestamp: '2026-11-01T02:00:00.000Z' },
  ...{ workflowId: 'w', runId: 'r' },
  ...more,
});

const webhook = { url: 'http://127.0.0.1/secret' };
const configured = (channels: object[], servers: object[] = [{ name: 'main' }]) => ({
  configuration: {
    notifications: channels.map((channel) => notification.parse(channel)),
    servers,
  } as Configuration,
});

it('lists the channels that want to know of an event, and none of their addresses', async () => {
  const channels = configured([
    { webhook },
    { webhook, on: ['success'] },
    { name: 'all', webhook, on: ['failure', 'success'] },
    { webhook, on: ['drill', 'wal'] },
  ]);
  expect(await listChannels(channels, event('backup.failed'))).toEqual(['webhook 1', 'all']);
  expect(await listChannels(channels, event('backup.succeeded'))).toEqual(['webhook 2', 'all']);
  expect(await listChannels(channels, event('drill.succeeded'))).toEqual(['webhook 2', 'all', 'webhook 4']);
  expect(await listChannels(channels, event('wal.gap'))).toEqual(['webhook 1', 'all', 'webhook 4']);
});

it('tells whoever hears of findings also that they are resolved', async () => {
  const channels = configured([{ webhook }, { webhook, on: ['success'] }, { webhook, on: ['restore'] }]);
  expect(await listChannels(channels, event('finding.new'))).toEqual(['webhook 1']);
  expect(await listChannels(channels, event('finding.resolved'))).toEqual(['webhook 1', 'webhook 2']);
});

it('has an Alertmanager told what ends an alert that it was given', async () => {
  const alertmanager = { url: 'http://127.0.0.1:9093' };
  const channels = configured([
    { alertmanager },
    { alertmanager, on: ['drill'] },
    { alertmanager, on: ['success'] },
  ]);
  expect(await listChannels(channels, event('backup.failed'))).toEqual(['alertmanager 1']);
  expect(await listChannels(channels, event('backup.succeeded'))).toEqual(['alertmanager 1']);
  expect(await listChannels(channels, event('drill.succeeded'))).toEqual([
    'alertmanager 1',
    'alertmanager 2',
  ]);
});

it('has the heartbeat of a server sent after a run that covered everything of it, and only then', async () => {
  const heartbeat = { url: 'http://127.0.0.1/ping' };
  const channels = configured([], [{ name: 'main', heartbeat }, { name: 'other' }]);
  const of = (server: string) => event('backup.succeeded', { isWhole: true, server });
  expect(await listChannels(channels, of('main'))).toEqual(['heartbeat']);
  expect(await listChannels(channels, of('other'))).toEqual([]);
  expect(await listChannels(channels, event('backup.succeeded', { server: 'main' }))).toEqual([]);
});
