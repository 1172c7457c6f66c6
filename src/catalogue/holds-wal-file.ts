import { walKey, type Cluster } from '../model/physical-keys.js';
import type { Store } from '../stores/store.js';

/** What may have been applied to an archived file: the configuration may change while it is waited for. */
const SUFFIXES = ['.zst.gpg', '.gz.gpg', '.zst', '.gz'];

/** Whether a store holds a WAL file, by its name in PostgreSQL. */
export async function holdsWalFile(
  store: Store,
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  for (const suffix of SUFFIXES) if (await store.describe(walKey(cluster, name, suffix), signal)) return true;
  return false;
}
