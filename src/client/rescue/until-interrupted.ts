import type { ExitCode } from '../context.js';
import { say } from '../output.js';

/**
 * Runs work that Ctrl-C, or SIGTERM, ends: it clears up what it has half made, and the exit code is 130. A second Ctrl-C
 * does not wait for that.
 */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<ExitCode>): Promise<ExitCode> {
  const interruption = new AbortController();
  const interrupt = () => {
    say('Interrupted; what was half made is being removed.');
    interruption.abort();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work(interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) return 130;
    throw error;
  } finally {
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}
