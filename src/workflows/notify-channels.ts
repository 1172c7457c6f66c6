import { patched, proxyActivities, setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { plain } from '../model/markdown.js';
import type { NotificationEvent } from '../model/notification.js';
import { heartbeatStep, lightStep, notifyStep } from './activity-options.js';

const { listChannels } = proxyActivities<Activities>(lightStep);
const { notify } = proxyActivities<Activities>(notifyStep);
const { notify: beat } = proxyActivities<Activities>(heartbeatStep);

/**
 * Tells the channels that want to know of an event, each by itself, so that one that is down keeps no other waiting. Every
 * run starts this when it ends, and leaves a channel that is down to it. Its memo says which channels are told and which are
 * not yet: that is how a dead one is found.
 */
export async function notifyChannels(event: NotificationEvent): Promise<void> {
  setCurrentDetails(`Tells the channels of **${plain(event.type)}**: ${plain(event.what)}`);
  const channels = await listChannels(event);
  const untold = new Set(channels);
  const show = () => {
    if (patched('show-channels')) upsertMemo({ Channels: channels, UntoldChannels: [...untold] });
  };
  show();
  const told = await Promise.allSettled(
    channels.map(async (channel) => {
      // A heartbeat that comes hours late says of now what was true then.
      await (channel === 'heartbeat' ? beat(event, channel) : notify(event, channel));
      untold.delete(channel);
      show();
    }),
  );
  const fault = told.find((outcome) => outcome.status === 'rejected');
  if (fault) throw fault.reason as Error;
}
