import { expect, it } from 'vitest';
import { listChannels } from '../../src/activities/list-channels.js';
import type { Dependencies } from '../../src/activities/dependencies.js';
import type { NotificationEvent } from '../../src/model/notification.js';

const event = (type: NotificationEvent['type']): NotificationEvent => ({
  type,
  what: 'backupDatabase agentic',
  timestamp: '2026-11-01T02:00:00.000Z',
  workflowId: 'w',
  runId: 'r',
});

it('lists the channels that want to know of an event, and none of their addresses', async () => {
  const webhook = { url: 'http://127.0.0.1/secret' };
  const configuration = {
    notifications: [
      { webhook, on: ['failure'] },
      { webhook, on: ['success'] },
      { webhook, on: ['failure', 'success'] },
    ],
  } as Dependencies['configuration'];
  expect(await listChannels({ configuration }, event('backup.failed'))).toEqual([0, 2]);
  expect(await listChannels({ configuration }, event('backup.succeeded'))).toEqual([1, 2]);
});
