import type { NotificationEvent } from '../model/notification.js';
import type { Dependencies } from './dependencies.js';

/** The channels that want to know of an event, each by its place in backups.yaml: its URL may be a secret. */
export function listChannels(
  { configuration }: Pick<Dependencies, 'configuration'>,
  event: NotificationEvent,
): Promise<number[]> {
  const kind = event.type.endsWith('.failed') || event.type === 'wal.gap' ? 'failure' : 'success';
  return Promise.resolve(
    configuration.notifications.flatMap(({ on }, channel) => (on.includes(kind) ? [channel] : [])),
  );
}
