import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { operationId } from '../model/queues.js';
import type { WalPlan } from '../model/wal-plan.js';
import { shipPartial, shipWaiting, type ShippedPartial } from '../wal/ship-partial.js';
import { isArchiving } from '../wal/sole-archiver.js';
import { listSpool } from '../wal/spool.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { openPlannedSpool, withShipping } from './wal-means.js';

/** How often a spool is looked at that is being emptied, in milliseconds. */
const LOOK_INTERVAL = 500;

/**
 * Says how the WAL of a server is archived, and so by which worker: its memo tells, while Temporal runs. Undefined when
 * nobody archives it.
 */
export async function findWalHost(
  { temporal, logger }: Dependencies,
  server: string,
): Promise<WalPlan | undefined> {
  return runStep(logger, {}, async ({ signal }) => {
    const archiver = temporal.workflow.getHandle(operationId({ kind: 'wal', server }));
    try {
      const { status, memo } = await temporal.withAbortSignal(signal, () => archiver.describe());
      return status.name === 'RUNNING' ? (memo?.WalPlan as WalPlan | undefined) : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  });
}

/**
 * Puts all that was received from a server that is lost into the store: the whole segments, and what there is of the one
 * that it had not ended. On the staging queue of the worker that archives.
 */
export async function shipPartialWal(
  dependencies: Dependencies,
  plan: WalPlan,
): Promise<ShippedPartial | undefined> {
  return runStep(dependencies.logger, { stallSeconds: 900 }, async ({ signal, onAlive }) => {
    const spool = await openPlannedSpool(dependencies, plan);
    return withShipping(dependencies, plan, spool, signal, async (means) => {
      if (isArchiving(spool))
        while ((await listSpool(spool)).segments.length > 0) {
          onAlive();
          await delay(LOOK_INTERVAL, undefined, { signal });
        }
      else await shipWaiting(spool, means);
      return shipPartial(spool, means);
    });
  });
}
