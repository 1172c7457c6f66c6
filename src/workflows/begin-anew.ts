import { log } from '@temporalio/workflow';
import { rootFailure } from './failures.js';

/** How often work is begun: once, and anew another two times. */
const MAXIMUM_BEGINNINGS = 3;

/**
 * Does work, and begins it anew when what its steps made is lost for good.
 *
 * @param isLost - whether the failure of one beginning says that
 * @param work - gets the number of the beginning, from 1
 */
export async function beginAnew<T>(
  isLost: (error: unknown) => boolean,
  work: (beginning: number) => Promise<T>,
): Promise<T> {
  for (let beginning = 1; ; beginning += 1) {
    try {
      return await work(beginning);
    } catch (error) {
      if (!isLost(error) || beginning === MAXIMUM_BEGINNINGS) throw error;
      log.warn('what was made is lost, and the work begun anew', { beginning, ...rootFailure(error) });
    }
  }
}
