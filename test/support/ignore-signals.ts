import { onTestFinished, vi } from 'vitest';

/**
 * From now on no signal ends a process, as when all of them sleep in the kernel for a disk that does not answer.
 *
 * @returns makes signals work again; the end of the test does as well
 */
export function ignoreSignals(): () => void {
  const spy = vi.spyOn(process, 'kill').mockReturnValue(true);
  const heed = () => spy.mockRestore();
  onTestFinished(heed);
  return heed;
}
