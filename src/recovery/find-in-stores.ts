import { readFromStores, storesToRead } from '../catalogue/read-from-stores.js';
import type { Cluster } from '../model/physical-keys.js';
import type { RecoveryTarget } from '../model/recovery-target.js';
import type { Store } from '../stores/store.js';
import { findTarget, type FoundTarget, type TargetSearch } from './find-target.js';

/** {@link TargetSearch} over several stores. */
export interface StoresSearch extends Omit<TargetSearch, 'store' | 'bringUpToDate'> {
  bringUpToDate: (store: Store, cluster: Cluster, signal: AbortSignal) => Promise<boolean>;
}

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
): Promise<{ store: Store; found: FoundTarget; passedOver: string[] }> {
  const { result, ...read } = await readFromStores(
    storesToRead(stores, from),
    search.context.signal,
    (store) => {
      const bringUpToDate = (cluster: Cluster, signal: AbortSignal) =>
        search.bringUpToDate(store, cluster, signal);
      return findTarget({ ...search, store, bringUpToDate }, wanted);
    },
  );
  return { ...read, found: result };
}
