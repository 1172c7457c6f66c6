import { HEARTBEAT, nameOfChannel, type Channel } from '../config/channels.js';
import type { Configuration, ServerConfiguration } from '../config/schema.js';
import { readSecret } from '../config/secrets.js';
import { OperationError } from '../model/failures.js';
import type { NotificationEvent } from '../model/notification.js';
import { postAlerts } from '../observability/alertmanager.js';
import { describeEvent } from '../observability/describe-event.js';
import { sendRequest } from '../observability/send-request.js';
import { sendTelegram } from '../observability/telegram.js';
import { postWebhook } from '../observability/webhook.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/**
 * Tells one channel of an event, or sends the heartbeat of its server.
 *
 * @param channel - its name; its place in backups.yaml in runs that were begun when channels had none
 * @throws ApplicationFailure `NotificationFailed`, to be tried again, when it does not take the message;
 * `InvalidConfiguration` when it is no longer configured
 */
export async function notify(
  { configuration, logger }: Pick<Dependencies, 'configuration' | 'logger'>,
  event: NotificationEvent,
  channel: string | number,
): Promise<void> {
  await runStep(logger, {}, async ({ signal }) => {
    const server = findNotifyingServer(configuration, event);
    const whole = server ? { ...event, server: server.name } : event;
    const send = channel === HEARTBEAT ? beatOf(server) : sendingTo(configuration, channel, whole);
    if (!send)
      throw new OperationError(
        'InvalidConfiguration',
        `Channel "${channel}" is gone from backups.yaml since; look the event up in Temporal.`,
      );
    try {
      await send(signal);
    } catch (error) {
      signal.throwIfAborted();
      const { message } = error as Error;
      throw new OperationError('NotificationFailed', `${message}; check notification channel "${channel}".`);
    }
  });
}

/** The server that an event is about; where there is only one, an event that names none is about that. */
export function findNotifyingServer(
  { servers = [] }: Partial<Configuration>,
  event: NotificationEvent,
): ServerConfiguration | undefined {
  return event.server === undefined && servers.length === 1
    ? servers[0]
    : servers.find(({ name }) => name === event.server);
}

type Sending = (signal: AbortSignal) => Promise<void>;

function beatOf(server: ServerConfiguration | undefined): Sending | undefined {
  const heartbeat = server?.heartbeat;
  if (!heartbeat) return undefined;
  return async (signal) => {
    const url = await readAddress(heartbeat, 'heartbeat URL');
    await sendRequest(`the heartbeat at ${new URL(url).host}`, url, { method: 'GET' }, signal);
  };
}

function sendingTo(
  { notifications }: Configuration,
  channel: string | number,
  event: NotificationEvent,
): Sending | undefined {
  const configured =
    typeof channel === 'number'
      ? notifications[channel]
      : notifications.find((candidate, index) => nameOfChannel(candidate, index) === channel);
  return configured && ((signal) => sendTo(configured, event, signal));
}

async function sendTo(
  { webhook, alertmanager, telegram }: Channel,
  event: NotificationEvent,
  signal: AbortSignal,
): Promise<void> {
  if (webhook) {
    const secret = webhook.secretFile && (await readSecret(webhook.secretFile, 'webhook secret'));
    const body = webhook.body === 'text' ? { text: describeEvent(event) } : event;
    await postWebhook(await readAddress(webhook, 'webhook URL'), body, signal, secret);
  }
  if (alertmanager) await postAlerts(await readAddress(alertmanager, 'Alertmanager URL'), event, signal);
  if (telegram) {
    const { apiUrl, chatId, tokenFile } = telegram;
    const token = await readSecret(tokenFile, 'Telegram token');
    await sendTelegram({ apiUrl, chatId, token }, describeEvent(event), signal);
  }
}

async function readAddress(
  { url, urlFile }: { url?: string | undefined; urlFile?: string | undefined },
  what: string,
): Promise<string> {
  return url ?? (await readSecret(urlFile!, what));
}
