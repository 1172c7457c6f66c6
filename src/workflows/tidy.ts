import { log } from '@temporalio/workflow';
import { rootFailure } from './failures.js';

/**
 * Cleans up. What cannot be cleaned now is no reason to fail a run that has done its work, nor to hide why another one
 * failed: what is left on staging and in the store is swept by the next reservation or prune.
 *
 * @param what - is cleaned, for the log
 */
export async function tidy(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn(`${what} could not be tidied`, rootFailure(error));
  }
}
