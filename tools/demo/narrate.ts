import { isInterrupted, throwIfInterrupted } from './interruption.js';

/**
 * Says what is being waited for, and how long it took.
 *
 * @throws Interrupted when this process was asked to stop meanwhile
 */
export async function narrate<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  process.stdout.write(`${what} ... `);
  try {
    const result = await work();
    throwIfInterrupted();
    console.log(`${((performance.now() - begun) / 1000).toFixed(1)} s`);
    return result;
  } catch (error) {
    if (!isInterrupted()) console.log('failed');
    throw error;
  }
}
