import { applyBasePrune } from '../catalogue/apply-base-prune.js';
import { applyPrune } from '../catalogue/apply-prune.js';
import { previewPrune, type PreviewRequest } from '../catalogue/preview-prune.js';
import { spareCopies } from '../catalogue/spare-copies.js';
import type { PruneResult } from '../model/results.js';
import { listObjects } from '../replication/list-objects.js';
import type { Store } from '../stores/store.js';
import type { Dependencies } from './dependencies.js';

/** How long a replica may take to answer at all, in seconds. */
const ANSWER_SECONDS = 15;
const MESSAGE_LENGTH = 300;

/** What one replica's pruning goes by. */
interface ReplicaPrune {
  request: PreviewRequest;
  isHeld: (key: string) => boolean;
  signal: AbortSignal;
  onProgress: () => void;
}

/**
 * Prunes each replica by itself, as the primary was: by its own manifests and the same rules, but for what the primary still
 * holds. One that cannot be pruned now is no reason for a failure: it is the next time.
 */
export async function pruneReplicas(
  { stores, logger }: Dependencies,
  request: PreviewRequest,
  { signal, onProgress }: Pick<ReplicaPrune, 'signal' | 'onProgress'>,
): Promise<Pick<PruneResult, 'replicas'>> {
  const [primary, ...replicas] = stores;
  if (replicas.length === 0) return {};
  // After it was pruned itself.
  const held = await listObjects(primary, request.server, signal);
  const pruned: NonNullable<PruneResult['replicas']> = [];
  for (const replica of replicas)
    try {
      pruned.push(
        await pruneReplica(replica, { request, isHeld: (key) => held.has(key), signal, onProgress }),
      );
    } catch (error) {
      signal.throwIfAborted();
      const failure = error instanceof Error ? error.message : String(error);
      logger.warn({ store: replica.name, error: failure }, 'a replica was not pruned');
      pruned.push({ store: replica.name, failure: failure.slice(0, MESSAGE_LENGTH) });
    }
  return { replicas: pruned };
}

async function pruneReplica(
  replica: Store,
  { request, isHeld, signal, onProgress }: ReplicaPrune,
): Promise<NonNullable<PruneResult['replicas']>[number]> {
  await replica.check(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_SECONDS * 1000)]));
  const { plan, basePlan } = spareCopies(await previewPrune(replica, request, signal), isHeld);
  const context = { signal, onProgress };
  const counts = await applyPrune(replica, plan, context);
  const baseCounts = await applyBasePrune(replica, basePlan, context);
  const deleted = counts.deleted + baseCounts.deleted;
  return {
    store: replica.name,
    kept: plan.decisions.length + basePlan.decisions.length - deleted,
    deleted,
    orphansSwept: counts.orphansSwept + baseCounts.orphansSwept,
    walDeleted: baseCounts.walDeleted,
  };
}
