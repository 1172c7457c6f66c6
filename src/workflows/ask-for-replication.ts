import { isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { lightStep } from './activity-options.js';
import { rootFailure } from './failures.js';

const { startReplication } = proxyActivities<Activities>(lightStep);

/** Has a server's backups copied to the replicas. That nobody could be asked fails no backup: the next one asks again. */
export async function askForReplication(server: string): Promise<void> {
  try {
    await startReplication(server);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('nobody could be asked to copy the backups to the replicas', rootFailure(error));
  }
}
