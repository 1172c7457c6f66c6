import { readSecret } from '../config/secrets.js';
import { OperationError } from '../model/failures.js';
import type { NotificationEvent } from '../model/notification.js';
import { postWebhook } from '../observability/webhook.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

const STALL_SECONDS = 60;

/** Tells every channel that wants this kind of event; all are tried, whatever becomes of the others. */
export async function notify(
  { configuration, logger }: Dependencies,
  event: NotificationEvent,
): Promise<void> {
  await runStep(logger, { stallSeconds: STALL_SECONDS }, async ({ signal }) => {
    const kind = event.type.endsWith('.failed') ? 'failure' : 'success';
    const channels = configuration.notifications.filter(({ on }) => on.includes(kind));
    const results = await Promise.allSettled(
      channels.map(async ({ webhook }) => {
        const url = webhook.url ?? (await readSecret(webhook.urlFile!, 'webhook URL'));
        await postWebhook(url, { ...event, timestamp: new Date().toISOString() }, signal);
      }),
    );
    const faults = results.flatMap((result) =>
      result.status === 'rejected' ? [describe(result.reason)] : [],
    );
    if (faults.length > 0)
      throw new OperationError('NotificationFailed', `${faults.join('; ')}; check the notification channel.`);
  });
}

function describe(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
