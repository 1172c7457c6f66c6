import { HEARTBEAT, nameOfChannel } from '../config/channels.js';
import { isTrouble, isWanted, type NotificationEvent } from '../model/notification.js';
import type { Dependencies } from './dependencies.js';
import { findNotifyingServer } from './notify.js';

/**
 * The channels that want to know of an event, each by its name: its URL may be a secret. An Alertmanager also gets what ends
 * the alerts that it gets, and nothing that neither raises nor ends one.
 */
export function listChannels(
  { configuration }: Pick<Dependencies, 'configuration'>,
  event: NotificationEvent,
): Promise<string[]> {
  const channels = configuration.notifications.flatMap((channel, index) => {
    // What ends an alert is for those that were given it.
    const groups = channel.alertmanager ? channel.on.filter((group) => group !== 'success') : channel.on;
    const isFor =
      isWanted(event, groups) ||
      (channel.alertmanager !== undefined && !isTrouble(event) && groups.includes('failure'));
    return isFor ? [nameOfChannel(channel, index)] : [];
  });
  const hasHeartbeat = event.isWhole && findNotifyingServer(configuration, event)?.heartbeat;
  return Promise.resolve(hasHeartbeat ? [...channels, HEARTBEAT] : channels);
}
