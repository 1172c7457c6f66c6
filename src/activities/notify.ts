import { readSecret } from '../config/secrets.js';
import { OperationError } from '../model/failures.js';
import type { NotificationEvent } from '../model/notification.js';
import { postWebhook } from '../observability/webhook.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/**
 * Tells one channel of an event.
 *
 * @param channel - its place in backups.yaml
 * @throws ApplicationFailure `NotificationFailed`, to be tried again, when it does not take the message;
 * `InvalidConfiguration` when it is no longer configured
 */
export async function notify(
  { configuration, logger }: Pick<Dependencies, 'configuration' | 'logger'>,
  event: NotificationEvent,
  channel: number,
): Promise<void> {
  await runStep(logger, {}, async ({ signal }) => {
    const webhook = configuration.notifications[channel]?.webhook;
    if (!webhook)
      throw new OperationError(
        'InvalidConfiguration',
        `Entry ${channel + 1} of notifications is gone from backups.yaml since; look the event up in Temporal.`,
      );
    try {
      const url = webhook.url ?? (await readSecret(webhook.urlFile!, 'webhook URL'));
      await postWebhook(url, event, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { message } = error as Error;
      throw new OperationError('NotificationFailed', `${message}; check the notification channel.`);
    }
  });
}
