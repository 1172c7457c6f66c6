import { z } from 'zod';
import { eventGroups } from '../model/notification.js';
import { file } from './file.js';

/** What stands in the place of a channel's name for the heartbeat of a server. */
export const HEARTBEAT = 'heartbeat';

const address = {
  url: z.url({ protocol: /^https?$/ }).optional(),
  urlFile: file.optional().describe('for a URL that is itself a secret'),
};
const isOneAddress = ({ url, urlFile }: { url?: string | undefined; urlFile?: string | undefined }) =>
  (url === undefined) !== (urlFile === undefined);
const ONE_ADDRESS = 'give url or urlFile';

/** A channel that is a URL. */
export const webhook = z.strictObject(address).refine(isOneAddress, ONE_ADDRESS);

/** One channel: who is told, of what. */
export const notification = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(63)
      .refine((text) => text !== HEARTBEAT, `"${HEARTBEAT}" is the name of the servers’ heartbeats`)
      .optional()
      .describe('what findings call it (default: its kind and its place)'),
    webhook: z
      .strictObject({
        ...address,
        secretFile: file
          .optional()
          .describe('signs the body: X-Signature-256 then holds sha256=<hex of the HMAC-SHA256>'),
        body: z
          .enum(['event', 'text'])
          .default('event')
          .describe('event: {type, …, timestamp}; text: {text}, as Slack and Mattermost take it'),
      })
      .refine(isOneAddress, ONE_ADDRESS)
      .optional(),
    alertmanager: webhook.optional().describe('the base address, e.g. http://alertmanager:9093'),
    telegram: z
      .strictObject({
        tokenFile: file.describe('the token of the bot'),
        chatId: z.union([z.string().min(1), z.int()]),
        apiUrl: z.url({ protocol: /^https?$/ }).default('https://api.telegram.org'),
      })
      .optional(),
    on: z
      .array(z.enum(eventGroups))
      .default(['failure'])
      .describe('groups of events: how something ended, or what it is about'),
  })
  .refine(
    ({ webhook: url, alertmanager, telegram }) =>
      [url, alertmanager, telegram].filter((kind) => kind !== undefined).length === 1,
    'give one of webhook, alertmanager, telegram',
  );

/** A channel as it stands in backups.yaml. */
export type Channel = z.infer<typeof notification>;

/** What a channel is called: its name, else its kind and its place among all, from 1. */
export function nameOfChannel(
  { name, webhook, alertmanager }: Pick<Channel, 'name' | 'webhook' | 'alertmanager'>,
  index: number,
): string {
  return name ?? `${webhook ? 'webhook' : alertmanager ? 'alertmanager' : 'telegram'} ${index + 1}`;
}

/** A file of a channel, and what is in it. */
interface ChannelSecret {
  channel: string;
  file: string;
  what: string;
}

/** The files that a channel reads when it is told of something. */
export function secretsOfChannel(channel: Channel): ChannelSecret[] {
  const { webhook: hook, alertmanager, telegram } = channel;
  return [
    ...secretOf('webhook', 'URL', hook?.urlFile),
    ...secretOf('webhook', 'secret', hook?.secretFile),
    ...secretOf('alertmanager', 'URL', alertmanager?.urlFile),
    ...secretOf('telegram', 'token', telegram?.tokenFile),
  ];
}

/** The file that the heartbeat of a server reads. */
export function secretsOfHeartbeat({
  heartbeat,
}: {
  heartbeat?: z.infer<typeof webhook> | undefined;
}): ChannelSecret[] {
  return secretOf(HEARTBEAT, 'URL', heartbeat?.urlFile);
}

const secretOf = (channel: string, what: string, path: string | undefined): ChannelSecret[] =>
  path === undefined ? [] : [{ channel, file: path, what }];
