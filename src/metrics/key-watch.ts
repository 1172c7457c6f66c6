import { stat } from 'node:fs/promises';
import { OperationError } from '../model/failures.js';
import { expiresSoon } from '../model/key-expiry.js';
import type { RecipientKey } from '../archive/gpg.js';

/** How often the keys are looked at anew though their file has not changed, in milliseconds. */
const INTERVAL = 3_600_000;

/** The keys that backups are encrypted to. */
export interface KeyWatch {
  /** Looks at them, when there is reason to; answers with those that can be encrypted to, or why none can. */
  look(signal: AbortSignal): Promise<{ keys: RecipientKey[] } | { fault: OperationError }>;
}

/**
 * Makes a watch over a file of public keys. gpg is asked when the file has changed, and every hour; in between the dates
 * that it said are compared with the clock.
 *
 * @param readKeys - asks gpg; throws `KeyUnusable` when backups cannot be encrypted
 */
export function watchKeys(
  file: string,
  readKeys: (signal: AbortSignal) => Promise<RecipientKey[]>,
): KeyWatch {
  let last:
    { version: string; at: number; result: { keys: RecipientKey[] } | { fault: OperationError } } | undefined;
  return {
    async look(signal) {
      const version = await stat(file).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
        () => '',
      );
      const isKnown = last?.version === version && performance.now() - last.at < INTERVAL;
      const isExpired =
        last &&
        'keys' in last.result &&
        last.result.keys.some(({ expiresAt }) => expiresAt && expiresAt <= new Date());
      if (!isKnown || isExpired)
        last = { version, at: performance.now(), result: await ask(readKeys, signal) };
      return last!.result;
    },
  };
}

async function ask(
  readKeys: (signal: AbortSignal) => Promise<RecipientKey[]>,
  signal: AbortSignal,
): Promise<{ keys: RecipientKey[] } | { fault: OperationError }> {
  try {
    return { keys: await readKeys(signal) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OperationError) return { fault: error };
    throw error;
  }
}

/**
 * What is to be said of the keys before it is too late; undefined when nothing is.
 *
 * @throws OperationError `KeyUnusable` when backups cannot be encrypted
 */
export async function warnOfKeys(watch: KeyWatch, signal: AbortSignal): Promise<string | undefined> {
  const found = await watch.look(signal);
  if ('fault' in found) throw found.fault;
  const expiring = found.keys.filter((key) => expiresSoon(key, new Date()));
  if (expiring.length === 0) return undefined;
  const dates = expiring.map(
    ({ fingerprint, expiresAt }) => `${fingerprint} on ${expiresAt!.toISOString().slice(0, 10)}`,
  );
  return `expires soon, renew it now: ${dates.join(', ')}`;
}
