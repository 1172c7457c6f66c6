import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { NotificationEvent } from '../model/notification.js';
import { lightStep, notifyStep } from './activity-options.js';

const { listChannels } = proxyActivities<Activities>(lightStep);
const { notify } = proxyActivities<Activities>(notifyStep);

/**
 * Tells the channels that want to know of an event, each by itself, so that one that is down keeps no other waiting. Every
 * run starts this when it ends, and leaves a channel that is down to it.
 */
export async function notifyChannels(event: NotificationEvent): Promise<void> {
  const channels = await listChannels(event);
  const told = await Promise.allSettled(channels.map((channel) => notify(event, channel)));
  const fault = told.find((outcome) => outcome.status === 'rejected');
  if (fault) throw fault.reason as Error;
}
