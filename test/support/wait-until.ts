import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `condition` answers with something true, and answers with that.
 *
 * @param what - said when it does not come true in time
 * @param seconds - how long to wait at most; a generous bound, never a measurement
 * @throws Error what `condition` throws, at once
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  seconds = 60,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} s in vain until ${what}.`);
    await delay(50);
  }
}
