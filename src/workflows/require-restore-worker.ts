import { remedyFor } from '../model/failures.js';
import { fail, isNeverBegun } from './failures.js';

/**
 * Answers with what the first step on a restore worker says.
 *
 * @param step - with the options `restorePlanStep`
 * @throws ApplicationFailure `WorkerMissing` when no restore worker runs: else a run would wait for one without a word
 */
export async function requireRestoreWorker<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (!isNeverBegun(error)) throw error;
    throw fail('WorkerMissing', `No restore worker is running; ${remedyFor('WorkerMissing')}.`);
  }
}
