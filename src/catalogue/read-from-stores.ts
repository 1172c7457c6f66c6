import { OperationError, type FailureType } from '../model/failures.js';
import type { Store } from '../stores/store.js';

/** Failures that say that this store cannot give it, and another may. */
const ELSEWHERE: readonly FailureType[] = [
  'BackupNotFound',
  'WalMissing',
  'TargetOutOfWindow',
  'ArtifactDamaged',
  'ManifestUnreadable',
  'StoreUnreachable',
  'StoreDenied',
  'StoreNotFound',
];

/** What was read, and where. */
export interface ReadFromStore<T> {
  store: Store;
  result: T;
  /** Why the stores before it could not give it, one sentence each; people are told. */
  passedOver: string[];
}

/**
 * Reads from the first of several stores that can give what is wanted: one where it is missing, damaged or cannot be reached
 * is passed over. This is how everything is read that any store may have.
 *
 * @param stores - in the order in which they are asked
 * @throws OperationError what the first store was passed over for, when no store can give it
 */
export async function readFromStores<T>(
  stores: readonly Store[],
  signal: AbortSignal,
  read: (store: Store) => Promise<T>,
): Promise<ReadFromStore<T>> {
  const refusals: OperationError[] = [];
  for (const store of stores)
    try {
      const result = await read(store);
      return { store, result, passedOver: refusals.map(({ message }) => message) };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError) || !ELSEWHERE.includes(error.type)) throw error;
      refusals.push(error);
    }
  throw refusals[0]!;
}

/**
 * The stores that may be read: all of them, or the one that is asked for and no other.
 *
 * @param from - its name
 * @throws OperationError `InvalidArgument` when there is none of that name
 */
export function storesToRead(stores: readonly Store[], from: string | undefined): readonly Store[] {
  const allowed = from === undefined ? stores : stores.filter(({ name }) => name === from);
  if (allowed.length > 0) return allowed;
  throw new OperationError(
    'InvalidArgument',
    `There is no store "${from}"; backups.yaml has ${quoteNames(stores)}.`,
  );
}

/** All stores, in the order in which they are asked once `chosen` was found to have what is wanted. */
export function startingWith(chosen: Store, stores: readonly Store[]): readonly [Store, ...Store[]] {
  return [chosen, ...stores.filter(({ name }) => name !== chosen.name)];
}

/** Stores by their names, for messages. */
export function quoteNames(stores: readonly Store[]): string {
  const names = stores.map(({ name }) => `"${name}"`).join(', ');
  return stores.length === 1 ? `store ${names}` : `stores ${names}`;
}
