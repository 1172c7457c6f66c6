import { onTestFinished, vi } from 'vitest';

/** From now on the clock shows a thousand seconds for each that passes: patience with anything is soon at its end. */
export function hurryClock(): void {
  const now = Date.now.bind(Date);
  const begun = now();
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => begun + 1000 * (now() - begun));
  onTestFinished(() => spy.mockRestore());
}
