import type { PruneResult } from '../model/results.js';
import type { Store } from '../stores/store.js';
import { planPrune, type PrunePlan, type PruneRequest } from './plan-prune.js';

/**
 * Decides what of a server's backups goes now, changing nothing.
 *
 * @returns the plan, and the result of a dry run of it with every decision
 */
export async function previewPrune(
  store: Store,
  request: Pick<PruneRequest, 'server' | 'policy' | 'configuredDatabases'>,
  signal: AbortSignal,
): Promise<{ plan: PrunePlan; preview: PruneResult }> {
  const plan = await planPrune(store, { ...request, untouchable: new Map(), now: new Date() }, signal);
  const decisions = plan.decisions.map(({ subject, ...decision }) => decision);
  const kept = decisions.filter(({ keep }) => keep).length;
  const preview: PruneResult = {
    server: request.server,
    dryRun: true,
    kept,
    deleted: decisions.length - kept,
    orphansSwept: plan.orphans.length + plan.unfinished.length,
    decisions,
  };
  return { plan, preview };
}
