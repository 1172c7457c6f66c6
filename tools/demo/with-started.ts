import { interrupted, isInterrupted } from './interruption.js';
import { Started } from './started.js';

/**
 * Does work that starts servers, and ends them when it is done, when it fails and when it is interrupted.
 *
 * @throws Interrupted at once when this process is asked to stop; the work then fails by what was taken from it
 */
export async function withStarted<T>(work: (started: Started) => Promise<T>): Promise<T> {
  const started = new Started();
  try {
    return await Promise.race([work(started), interrupted()]);
  } finally {
    console.log(`${isInterrupted() ? '\n' : ''}Stopping everything and removing it`); // in the middle of a line
    await started.end();
  }
}
