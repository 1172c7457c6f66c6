import { randomUUID } from 'node:crypto';
import { OperationError } from '../model/failures.js';
import type { Store } from './store.js';

/** What can be done with a store, step by step; after the first that fails nothing else is tried. */
export interface StoreProbe {
  reach: 'ok' | 'failed';
  write: 'ok' | 'failed' | 'untried';
  read: 'ok' | 'failed' | 'untried';
  /** `denied` is as it should be for an identity that may not delete. */
  delete: 'ok' | 'denied' | 'failed' | 'untried';
  /** How far the store's clock is ahead of ours, in seconds; exact to a second, which is what stores tell. */
  clockSeconds?: number;
  /** What failed, for people. */
  fault?: string;
}

/**
 * Tries what a store is needed for: it is reached, a small document is written, read and, where that is allowed, deleted.
 * Under a key of its own each time, below `checks/`: nothing that was there is touched.
 */
export async function probeStore(store: Store, signal: AbortSignal): Promise<StoreProbe> {
  const probe: StoreProbe = { reach: 'failed', write: 'untried', read: 'untried', delete: 'untried' };
  const key = `checks/${randomUUID()}.txt`;
  const content = Buffer.from('written by "temponest-backups stores check"\n');
  let step: 'reach' | 'write' | 'read' | 'delete' = 'reach';
  try {
    await store.check(signal);
    probe.reach = 'ok';
    step = 'write';
    const before = Date.now();
    await store.putDocument(key, content, signal);
    const written = (before + Date.now()) / 2;
    const stored = await store.describe(key, signal);
    probe.write = 'ok';
    if (stored) probe.clockSeconds = Math.round((stored.modifiedAt.getTime() - written) / 1000);
    step = 'read';
    const read = await store.getDocument(key, signal);
    if (!read?.equals(content))
      throw new OperationError(
        'ArtifactDamaged',
        `Store "${store.name}" does not give back what was just written to it (${key}); do not rely on it, and ask who runs it.`,
      );
    probe.read = 'ok';
    step = 'delete';
    await store.delete(key, signal);
    probe.delete = 'ok';
  } catch (error) {
    signal.throwIfAborted();
    const isDenied = step === 'delete' && error instanceof OperationError && error.type === 'StoreDenied';
    if (isDenied) probe.delete = 'denied';
    else {
      probe[step] = 'failed';
      probe.fault = error instanceof Error ? error.message : String(error);
    }
  }
  return probe;
}
