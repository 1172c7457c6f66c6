import type { PruneResult } from '../model/results.js';
import type { Store } from '../stores/store.js';
import { planBasePrune, type BasePrunePlan } from './plan-base-prune.js';
import { IN_USE, type Readers } from './prune-guards.js';
import { planPrune, type PrunePlan, type PruneRequest } from './plan-prune.js';

/** What of a server is to be pruned by which rules. */
export interface PreviewRequest extends Pick<PruneRequest, 'server' | 'configuredDatabases' | 'policyOf'> {
  /** How many base backups are kept. */
  base: number;
  /** What must not be deleted under it; left out where that is not known. */
  readers?: Readers;
}

/**
 * Decides what of a server's backups goes now, changing nothing.
 *
 * @returns the plans, and the result of a dry run of them with every decision
 */
export async function previewPrune(
  store: Store,
  request: PreviewRequest,
  signal: AbortSignal,
): Promise<{ plan: PrunePlan; basePlan: BasePrunePlan; preview: PruneResult }> {
  const now = new Date();
  const { server, base, readers } = request;
  const untouchable = new Map([...(readers?.backups ?? [])].map((id) => [id, IN_USE]));
  const plan = await planPrune(store, { ...request, untouchable, now }, signal);
  const isBeingRecovered = readers?.recovers ?? false;
  const basePlan = await planBasePrune(store, { server, keep: base, now, isBeingRecovered }, signal);
  const decisions = [
    ...plan.decisions.map(({ subject, ...decision }) => decision),
    ...basePlan.decisions.map(({ cluster, ...decision }) => decision),
  ];
  const kept = decisions.filter(({ keep }) => keep).length;
  const leftovers = [plan.orphans, plan.unfinished, basePlan.orphans, basePlan.unfinished];
  const preview: PruneResult = {
    server,
    dryRun: true,
    kept,
    deleted: decisions.length - kept,
    orphansSwept: leftovers.flat().length,
    walDeleted: basePlan.wal.length,
    decisions,
  };
  return { plan, basePlan, preview };
}
