import { HEARTBEAT, nameOfChannel } from '../config/channels.js';
import type { Configuration } from '../config/schema.js';
import type { Finding } from '../model/findings.js';
import { encodeName } from '../model/names.js';
import type { DeadChannel } from '../observability/dead-channels.js';

/** Judges whether the channels take what they are sent; one that is configured no more is nobody's concern. */
export function judgeChannels(
  { notifications }: Pick<Configuration, 'notifications'>,
  dead: readonly DeadChannel[],
): Finding[] {
  const configured = new Set([...notifications.map(nameOfChannel), HEARTBEAT]);
  return dead
    .filter(({ channel }) => configured.has(channel))
    .map(({ channel, since }) => ({
      id: `channel-dead/${encodeName(channel)}`,
      severity: 'warning',
      what: `The notification channel "${channel}" takes no messages: whoever relies on it hears nothing.`,
      where: `channel ${channel}`,
      since,
      remedy: 'see the failed runs of notifyChannels in the Temporal UI, and "notifications" in backups.yaml',
    }));
}
