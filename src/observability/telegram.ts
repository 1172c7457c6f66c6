import { sendRequest } from './send-request.js';

/** @see https://core.telegram.org/bots/api#sendmessage */
const MESSAGE_LENGTH = 4096;

/** A bot, and the chat that it writes to. */
export interface TelegramChat {
  apiUrl: string;
  token: string;
  chatId: string | number;
}

/**
 * Sends a message to a chat, cut to what Telegram takes.
 *
 * @throws Error when it is not taken, with what Telegram says of it; the token, which is part of the URL, is never in it
 */
export async function sendTelegram(
  { apiUrl, token, chatId }: TelegramChat,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({
    chat_id: chatId,
    text: text.length > MESSAGE_LENGTH ? `${text.slice(0, MESSAGE_LENGTH - 1)}…` : text,
    link_preview_options: { is_disabled: true },
  });
  await sendRequest(
    `Telegram at ${new URL(apiUrl).host}`,
    `${apiUrl.replace(/\/+$/, '')}/bot${token}/sendMessage`,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body },
    signal,
    (answer) => /"description":"([^"]*)"/.exec(answer)?.[1],
  );
}
