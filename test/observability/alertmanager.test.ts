import { expect, it } from 'vitest';
import type { NotificationEvent } from '../../src/model/notification.js';
import { toAlerts } from '../../src/observability/alertmanager.js';

const now = new Date('2026-05-03T04:00:00Z');
const event = (type: NotificationEvent['type'], store: string): NotificationEvent => ({
  ...{ type, store, what: 'Copying', timestamp: '2026-05-03T03:00:00.000Z', server: 'main' },
  ...{ workflowType: 'replicate', workflowId: 'w', runId: 'r' },
});

it('ends the alert of a replica by its success, and not that of another one', () => {
  const [raised] = toAlerts(event('replica.failed', 'offsite'), now);
  const [ended] = toAlerts(event('replica.succeeded', 'offsite'), now);
  const [other] = toAlerts(event('replica.succeeded', 'elsewhere'), now);
  expect(raised!.labels).toMatchObject({ alertname: 'TempoNestReplicaFailed', store: 'offsite' });
  expect(new Date(raised!.endsAt).getTime()).toBeGreaterThan(now.getTime());
  expect(ended).toMatchObject({ labels: raised!.labels, endsAt: now.toISOString() });
  expect(other!.labels).not.toEqual(raised!.labels);
});
