import { OperationError } from '../model/failures.js';
import type { Cluster } from '../model/physical-keys.js';
import type { RecoveryTarget } from '../model/recovery-target.js';
import type { Store } from '../stores/store.js';
import { findTarget, type FoundTarget, type TargetSearch } from './find-target.js';

/** {@link TargetSearch} over several stores. */
export interface StoresSearch extends Omit<TargetSearch, 'store' | 'bringUpToDate'> {
  bringUpToDate: (store: Store, cluster: Cluster, signal: AbortSignal) => Promise<boolean>;
}

/** Failures that say that this store is not the one, and another may be. */
const NOT_HERE = ['BackupNotFound', 'WalMissing', 'TargetOutOfWindow', 'ArtifactDamaged', 'StoreUnreachable'];

/**
 * Finds the first store from which a target can be reached, see {@link findTarget}.
 *
 * @param from - name of the only store to look into
 * @throws OperationError what the first store was refused for; `InvalidArgument` when there is no store of that name
 */
export async function findInStores(
  stores: readonly Store[],
  from: string | undefined,
  wanted: RecoveryTarget,
  search: StoresSearch,
): Promise<{ store: Store; found: FoundTarget }> {
  const allowed = from === undefined ? stores : stores.filter(({ name }) => name === from);
  let refusal: unknown = new OperationError(
    'InvalidArgument',
    `There is no store "${from}"; backups.yaml has ${stores.map(({ name }) => `"${name}"`).join(', ')}.`,
  );
  for (const [index, store] of allowed.entries()) {
    try {
      const bringUpToDate = (cluster: Cluster, signal: AbortSignal) =>
        search.bringUpToDate(store, cluster, signal);
      return { store, found: await findTarget({ ...search, store, bringUpToDate }, wanted) };
    } catch (error) {
      if (index === 0) refusal = error;
      if (!(error instanceof OperationError) || !NOT_HERE.includes(error.type)) throw error;
    }
  }
  throw refusal;
}
