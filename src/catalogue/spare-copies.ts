import { manifestKey } from '../model/keys.js';
import { baseManifestKey } from '../model/physical-keys.js';
import type { BasePrunePlan } from './plan-base-prune.js';
import type { PrunePlan } from './plan-prune.js';

/** The rule that keeps a backup in a replica. */
export const IN_PRIMARY = 'in primary';

/**
 * Takes out of the plans for a replica what the primary holds: it would be copied there again. What the primary does not
 * hold goes by the replica's own rules, which know nothing of the primary, so that its losses are not repeated.
 *
 * @param isHeld - whether the primary has an object under that key
 */
export function spareCopies(
  { plan, basePlan }: { plan: PrunePlan; basePlan: BasePrunePlan },
  isHeld: (key: string) => boolean,
): { plan: PrunePlan; basePlan: BasePrunePlan } {
  const spare = <D extends { keep: boolean; rules: string[] }>(decision: D, key: string): D =>
    decision.keep || !isHeld(key) ? decision : { ...decision, keep: true, rules: [IN_PRIMARY] };
  const notHeld = ({ key }: { key: string }) => !isHeld(key);
  const bases = basePlan.decisions.map((decision) =>
    spare(decision, baseManifestKey(decision.cluster, decision.backupId)),
  );
  // Which WAL may go was decided without the base backups that stay now.
  const isWalSettled = bases.every(({ keep }, index) => keep === basePlan.decisions[index]!.keep);
  return {
    plan: {
      decisions: plan.decisions.map((decision) =>
        spare(decision, manifestKey(decision.subject, decision.backupId)),
      ),
      orphans: plan.orphans.filter(notHeld),
      unfinished: plan.unfinished.filter(notHeld),
    },
    basePlan: {
      decisions: bases,
      orphans: basePlan.orphans.filter(notHeld),
      unfinished: basePlan.unfinished.filter(notHeld),
      wal: isWalSettled ? basePlan.wal.filter((key) => !isHeld(key)) : [],
    },
  };
}
